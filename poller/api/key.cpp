#include "poller/api/key.hpp"

#include <openssl/rand.h>

#include <stdexcept>

#include "poller/crypto/encoding.hpp"

namespace poller {

std::string make_api_key() {
    unsigned char random[32];
    if (RAND_bytes(random, sizeof random) != 1) throw std::runtime_error("the system gives no random numbers");
    return "pfk_" + to_base64url({reinterpret_cast<const char *>(random), sizeof random});
}

std::string api_key_hash(std::string_view key) { return "\\x" + to_hex(sha256(key)); }

}  // namespace poller
