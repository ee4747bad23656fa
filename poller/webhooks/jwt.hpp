// Checks the JSON web token that monday.com sends with the webhooks of an app: HS256 and nothing else (RFC 7515, 7519).
// A token says who sent a request; it does not sign the body.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "poller/crypto/sha256.hpp"
#include "poller/webhooks/refusal.hpp"

namespace poller {

class JwtVerifier {
public:
    struct Expectation {
        std::string audience;  // empty: any
        std::chrono::seconds leeway{60};
    };

    // A token signed with any of the secrets is genuine.
    JwtVerifier(const std::vector<std::string> &secrets, Expectation expectation);

    // Nothing for a genuine token that is valid now.
    [[nodiscard]] std::optional<Refusal> refuse(std::string_view token,
                                                std::chrono::system_clock::time_point now) const;

private:
    [[nodiscard]] bool is_signed(std::string_view content, const Digest &signature) const;

    std::vector<HmacSha256> keys_;
    Expectation expectation_;
};

}  // namespace poller
