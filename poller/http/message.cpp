#include "poller/http/message.hpp"

#include <algorithm>

namespace poller::http {
namespace {

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

}  // namespace

std::optional<std::string_view> find_header(const Headers &headers, std::string_view name) {
    const auto same = [&](const auto &header) { return std::ranges::equal(header.first, name, {}, lower, lower); };
    const auto found = std::ranges::find_if(headers, same);
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

}  // namespace poller::http
