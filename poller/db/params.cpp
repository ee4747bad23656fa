#include "poller/db/params.hpp"

#include <stdexcept>

namespace poller::db {
namespace {

void refuse_nul(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        throw std::invalid_argument("a text with a NUL character cannot be a parameter");
    }
}

}  // namespace

void Params::add(std::string_view text) {
    refuse_nul(text);
    values_.emplace_back(text);
}

std::vector<const char *> Params::pointers() const {
    std::vector<const char *> result;
    result.reserve(values_.size());
    for (const std::optional<std::string> &value : values_) {
        result.push_back(value ? value->c_str() : nullptr);
    }
    return result;
}

void Params::append_element(std::string &array, std::nullopt_t) { array += "NULL,"; }

void Params::append_element(std::string &array, std::string_view element) {
    refuse_nul(element);
    array += '"';
    for (const char byte : element) {
        if (byte == '"' || byte == '\\') {
            array += '\\';
        }
        array += byte;
    }
    array += "\",";
}

}  // namespace poller::db
