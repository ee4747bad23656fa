// Entity tags (RFC 9110, section 8.8.3 and 13.1.2).
#pragma once

#include <string>
#include <string_view>

namespace poller::api {

// A strong tag for a content that the text determines.
[[nodiscard]] std::string etag_of(std::string_view what_determines_it);

// Whether a list of tags, as in If-None-Match, names this one.
[[nodiscard]] bool names_etag(std::string_view list, std::string_view etag);

}  // namespace poller::api
