// What RFC 9112 asks of a request's head beyond the grammar that the parser checks. Whatever leaves open where a
// request ends or whom it is for is refused, and its connection closed: a proxy before this server might read it
// differently.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "poller/http/server/request.hpp"

namespace poller::http {

struct Refused {
    int status;
    std::string_view code;
    std::string_view detail;
};

// The first line of a head, without its end.
// Section 2.3: another major version is told so with 505.
[[nodiscard]] std::optional<Refused> refuse_version(std::string_view request_line);
// A later minor version of HTTP/1, which is served as HTTP/1.1.
[[nodiscard]] bool has_later_minor_version(std::string_view request_line);

// Sections 3.2, 6.1 and 6.3, and methods that no server has to know (RFC 9110, 9.1).
[[nodiscard]] std::optional<Refused> refuse_head(const Request::Message &head);

// Section 3.2.2: "http://host:port/path?query" is the same request as /path?query for that host, whatever Host says.
struct AbsoluteForm {
    std::string host;
    std::string target;
};
// Nothing if the target has another form.
[[nodiscard]] std::optional<AbsoluteForm> absolute_form(std::string_view target);

// host [":" port] of the URI grammar; may be empty.
[[nodiscard]] bool is_host(std::string_view text);

}  // namespace poller::http
