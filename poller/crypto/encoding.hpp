// Bytes as text: hexadecimal, and base64 in the alphabet of URLs (RFC 4648, section 5, without padding).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "poller/crypto/sha256.hpp"

namespace poller {

[[nodiscard]] std::string to_hex(const Digest &digest);

// Of 64 hexadecimal digits in either case; nothing of anything else.
[[nodiscard]] std::optional<Digest> digest_from_hex(std::string_view text);

[[nodiscard]] std::string to_base64url(std::string_view bytes);

// Strict: no padding, no foreign character, no bits beyond the last byte, so that each value has one spelling.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace poller
