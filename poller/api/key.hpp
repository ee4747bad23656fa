// Bearer keys of the REST interface. The database holds their SHA-256 only: a key has 256 random bits, so that its hash
// needs no salt and no slowness.
#pragma once

#include <string>

#include "poller/crypto/sha256.hpp"

namespace poller {

// Shown once, when it is made: pfk_ and 43 characters.
[[nodiscard]] std::string make_api_key();

// The bytea that PostgreSQL reads: \x and 64 hexadecimal digits.
[[nodiscard]] std::string api_key_hash(std::string_view key);

}  // namespace poller
