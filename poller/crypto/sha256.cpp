#include "poller/crypto/sha256.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <stdexcept>

namespace poller {
namespace {

const unsigned char *bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char *>(text.data()); }

void require(bool done) {
    if (!done) throw std::runtime_error("OpenSSL could not compute a digest");
}

}  // namespace

Digest sha256(std::string_view message) {
    Digest digest;
    SHA256(bytes_of(message), message.size(), digest.bytes.data());
    return digest;
}

bool equal_in_constant_time(const Digest &left, const Digest &right) {
    return CRYPTO_memcmp(left.bytes.data(), right.bytes.data(), left.bytes.size()) == 0;
}

HmacSha256::HmacSha256(std::string_view key) {
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                                      &EVP_MAC_free);
    require(algorithm != nullptr);
    context_.reset(EVP_MAC_CTX_new(algorithm.get()));
    require(context_ != nullptr);
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                     OSSL_PARAM_construct_end()};
    require(EVP_MAC_init(context_.get(), bytes_of(key), key.size(), parameters) == 1);
}

Digest HmacSha256::operator()(std::string_view message) const {
    Digest digest;
    std::size_t length = 0;
    // Without a key the context starts again with the one it has.
    require(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);
    require(EVP_MAC_update(context_.get(), bytes_of(message), message.size()) == 1);
    require(EVP_MAC_final(context_.get(), digest.bytes.data(), &length, digest.bytes.size()) == 1 &&
            length == digest.bytes.size());
    return digest;
}

}  // namespace poller
