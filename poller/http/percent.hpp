// Percent-encoding of RFC 3986.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace poller::http {

// Nothing if a % is not followed by two hexadecimal digits. + stays what it is.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Everything but letters, digits and - . _ ~ is encoded.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace poller::http
