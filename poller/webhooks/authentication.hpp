// Who may send webhooks. One mode is in force; each takes several secrets, so that one can be replaced while both work.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "poller/crypto/sha256.hpp"
#include "poller/webhooks/jwt.hpp"
#include "poller/webhooks/refusal.hpp"

namespace poller {

// What a request shows; empty where it shows nothing.
struct Credentials {
    std::string_view authorization;  // the header Authorization
    std::string_view signature;      // the header that carries sha256=<hex>
    std::string_view token;          // from the address
};

class Authenticator {
public:
    enum class Mode {
        kJwt,    // a signed token in Authorization, as monday.com sends for the webhooks of an app; else in the address
        kToken,  // a long random text in the address
        kHmac,   // sha256=<hex> of the raw body
        kNone    // anybody; for a laptop
    };
    struct Settings {
        Mode mode;
        std::vector<std::string> secrets;
        JwtVerifier::Expectation jwt;
    };

    // Error std::invalid_argument for a mode without a secret, and for an empty one.
    explicit Authenticator(Settings settings);

    // Nothing for whoever may come in. A secret is compared in a time that does not depend on it.
    [[nodiscard]] std::optional<Refusal> refuse(const Credentials &credentials, std::string_view body,
                                                std::chrono::system_clock::time_point now) const;

    [[nodiscard]] Mode mode() const { return mode_; }

private:
    [[nodiscard]] std::optional<Refusal> refuse_token(std::string_view token) const;
    [[nodiscard]] std::optional<Refusal> refuse_signature(std::string_view signature, std::string_view body) const;

    Mode mode_;
    JwtVerifier jwt_;
    std::vector<HmacSha256> keys_;
    std::vector<Digest> token_digests_;
};

}  // namespace poller
