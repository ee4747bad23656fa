#include "poller/db/identifier.hpp"

namespace poller::db {

std::string identifier(std::string_view name) {
    std::string text = "\"";
    for (const char character : name) {
        text += character;
        if (character == '"') {
            text += '"';
        }
    }
    return text + '"';
}

}  // namespace poller::db
