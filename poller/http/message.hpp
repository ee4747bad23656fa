// What the HTTP client sends and gets, as plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poller::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of this name, in any case of letters.
[[nodiscard]] std::optional<std::string_view> find_header(const Headers &headers, std::string_view name);

struct Call {
    std::string method;
    std::string url;
    Headers headers;
    std::string body;
};

struct Reply {
    int status = 0;
    Headers headers;
    std::string body;
};

}  // namespace poller::http
