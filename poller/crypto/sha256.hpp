// SHA-256 and HMAC-SHA-256 of OpenSSL, and a comparison that takes the same time whatever differs.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include <openssl/evp.h>

namespace poller {

// Not comparable but in constant time: == stops at the first difference, and how long it took tells where that is.
struct Digest {
    std::array<unsigned char, 32> bytes;

    bool operator==(const Digest &) const = delete;
};

[[nodiscard]] Digest sha256(std::string_view message);

[[nodiscard]] bool equal_in_constant_time(const Digest &left, const Digest &right);

// Keeps the prepared key, so that a message costs its hashing alone. Not for several threads at once.
class HmacSha256 {
public:
    explicit HmacSha256(std::string_view key);

    [[nodiscard]] Digest operator()(std::string_view message) const;

private:
    struct Free {
        void operator()(EVP_MAC_CTX *context) const noexcept { EVP_MAC_CTX_free(context); }
    };
    std::unique_ptr<EVP_MAC_CTX, Free> context_;
};

}  // namespace poller
