#include "poller/powerbi/documents.hpp"

#include <fmt/format.h>

namespace poller::powerbi {

std::string document(const nlohmann::ordered_json &content) { return content.dump(2) + "\n"; }

std::string schema(std::string_view path) {
    return fmt::format("https://developer.microsoft.com/json-schemas/fabric/{}/schema.json", path);
}

}  // namespace poller::powerbi
