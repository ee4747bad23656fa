#include "poller/webhooks/jwt.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "poller/crypto/encoding.hpp"

namespace poller {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestToken = 8192;

// A JSON object in base64url; a null value for anything else.
json object_of(std::string_view segment) {
    const auto text = from_base64url(segment);
    if (!text) return nullptr;
    json value = json::parse(*text, nullptr, /* allow_exceptions = */ false);
    return value.is_object() ? value : json(nullptr);
}

// An address is the same with and without a slash at its end.
std::string_view without_last_slash(std::string_view address) {
    return address.ends_with('/') ? address.substr(0, address.size() - 1) : address;
}

bool names_audience(const json &claims, std::string_view audience) {
    const auto matches = [&](const json &value) {
        return value.is_string() &&
               without_last_slash(value.get_ref<const std::string &>()) == without_last_slash(audience);
    };
    const auto claim = claims.find("aud");
    if (claim == claims.end()) return false;
    return claim->is_array() ? std::any_of(claim->begin(), claim->end(), matches) : matches(*claim);
}

std::optional<Refusal> refuse_time(const json &claims, double now, double leeway) {
    const auto expiry = claims.find("exp");
    if (expiry == claims.end() || !expiry->is_number()) return Refusal::kMalformed;
    if (expiry->get<double>() + leeway <= now) return Refusal::kExpired;
    const auto start = claims.find("nbf");
    if (start == claims.end()) return std::nullopt;
    if (!start->is_number()) return Refusal::kMalformed;
    if (start->get<double>() - leeway > now) return Refusal::kNotYetValid;
    return std::nullopt;
}

}  // namespace

JwtVerifier::JwtVerifier(const std::vector<std::string> &secrets, Expectation expectation)
    : keys_(secrets.begin(), secrets.end()), expectation_(std::move(expectation)) {}

bool JwtVerifier::is_signed(std::string_view content, const Digest &signature) const {
    bool genuine = false;
    for (const HmacSha256 &key : keys_) genuine |= equal_in_constant_time(key(content), signature);
    return genuine;
}

std::optional<Refusal> JwtVerifier::refuse(std::string_view token, std::chrono::system_clock::time_point now) const {
    if (token.size() > kLongestToken) return Refusal::kMalformed;
    const std::size_t first_dot = token.find('.');
    const std::size_t last_dot = token.rfind('.');
    if (first_dot == std::string_view::npos || first_dot == last_dot) return Refusal::kMalformed;

    const json header = object_of(token.substr(0, first_dot));
    if (header.is_null()) return Refusal::kMalformed;
    // The token does not choose how it is checked; and what it calls critical is not understood here (RFC
    // 7515, 4.1.11).
    if (header.value("alg", json()) != "HS256" || header.contains("crit")) return Refusal::kAlgorithm;

    const auto signature = from_base64url(token.substr(last_dot + 1));
    Digest digest;
    if (!signature || signature->size() != digest.bytes.size()) return Refusal::kSignature;
    std::copy(signature->begin(), signature->end(), digest.bytes.begin());
    if (!is_signed(token.substr(0, last_dot), digest)) return Refusal::kSignature;

    const json claims = object_of(token.substr(first_dot + 1, last_dot - first_dot - 1));
    if (claims.is_null()) return Refusal::kMalformed;
    const auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
    if (const auto refusal = refuse_time(claims, seconds(now.time_since_epoch()), seconds(expectation_.leeway))) {
        return refusal;
    }
    if (!expectation_.audience.empty() && !names_audience(claims, expectation_.audience)) return Refusal::kAudience;
    return std::nullopt;
}

}  // namespace poller
