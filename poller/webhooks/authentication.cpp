#include "poller/webhooks/authentication.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "poller/crypto/encoding.hpp"

namespace poller {
namespace {

// monday.com sends the bare token; others put the customary word before it.
std::string_view without_bearer(std::string_view authorization) {
    constexpr std::string_view kWord = "bearer ";
    const auto equal_letters = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    if (authorization.size() < kWord.size() ||
        !std::equal(kWord.begin(), kWord.end(), authorization.begin(),
                    [&](char expected, char given) { return equal_letters(given, expected); })) {
        return authorization;
    }
    authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', kWord.size()), authorization.size()));
    return authorization;
}

}  // namespace

Authenticator::Authenticator(Settings settings)
    : mode_(settings.mode),
      jwt_(settings.secrets, std::move(settings.jwt)),
      keys_(settings.secrets.begin(), settings.secrets.end()) {
    if (mode_ != Mode::kNone && settings.secrets.empty()) throw std::invalid_argument("no secret is given");
    for (const std::string &secret : settings.secrets) {
        if (secret.empty()) throw std::invalid_argument("a secret is empty");
        token_digests_.push_back(sha256(secret));
    }
}

std::optional<Refusal> Authenticator::refuse(const Credentials &credentials, std::string_view body,
                                             std::chrono::system_clock::time_point now) const {
    switch (mode_) {
        case Mode::kJwt: {
            std::string_view token = without_bearer(credentials.authorization);
            if (token.empty()) token = credentials.token;
            return token.empty() ? Refusal::kMissing : jwt_.refuse(token, now);
        }
        case Mode::kToken: return refuse_token(credentials.token);
        case Mode::kHmac: return refuse_signature(credentials.signature, body);
        case Mode::kNone: return std::nullopt;
    }
    return Refusal::kMissing;
}

// Digests are compared in place of the texts, so that not even the length of the secret shows.
std::optional<Refusal> Authenticator::refuse_token(std::string_view token) const {
    if (token.empty()) return Refusal::kMissing;
    const Digest given = sha256(token);
    bool genuine = false;
    for (const Digest &expected : token_digests_) genuine |= equal_in_constant_time(given, expected);
    return genuine ? std::nullopt : std::optional(Refusal::kSignature);
}

std::optional<Refusal> Authenticator::refuse_signature(std::string_view signature, std::string_view body) const {
    constexpr std::string_view kPrefix = "sha256=";
    if (signature.empty()) return Refusal::kMissing;
    if (!signature.starts_with(kPrefix)) return Refusal::kMalformed;
    const auto given = digest_from_hex(signature.substr(kPrefix.size()));
    if (!given) return Refusal::kMalformed;
    bool genuine = false;
    for (const HmacSha256 &key : keys_) genuine |= equal_in_constant_time(key(body), *given);
    return genuine ? std::nullopt : std::optional(Refusal::kSignature);
}

}  // namespace poller
