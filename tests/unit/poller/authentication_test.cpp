#include "poller/webhooks/authentication.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "poller/crypto/encoding.hpp"

namespace poller {
namespace {

using namespace std::chrono_literals;
using Mode = Authenticator::Mode;

constexpr std::string_view kBody = R"({"event":{}})";
constexpr std::string_view kAudience = "https://hooks.example.com/webhooks/monday";
const std::string kSecret = "first-secret";
const std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'800'000'000)};

std::string token_of(std::string_view header, std::string_view claims, std::string_view secret = kSecret) {
    const std::string content = to_base64url(header) + '.' + to_base64url(claims);
    const Digest digest = HmacSha256(secret)(content);
    return content + '.' + to_base64url({reinterpret_cast<const char *>(digest.bytes.data()), digest.bytes.size()});
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kClaims =
    R"({"accountId":1,"userId":2,"aud":"https://hooks.example.com/webhooks/monday","iat":1799999900,"exp":1800000200})";

Authenticator authenticator(Mode mode, std::vector<std::string> secrets = {kSecret}) {
    return Authenticator({mode, std::move(secrets), {std::string(kAudience), 60s}});
}

std::optional<Refusal> refuse_jwt(std::string_view token, std::chrono::system_clock::time_point now = kNow) {
    return authenticator(Mode::kJwt).refuse({token, {}, {}}, kBody, now);
}

std::optional<Refusal> refuse_claims(std::string_view claims) { return refuse_jwt(token_of(kHeader, claims)); }

TEST(WebhookJwt, AGenuineTokenIsLetIn) {
    EXPECT_EQ(refuse_jwt(token_of(kHeader, kClaims)), std::nullopt);
    EXPECT_EQ(refuse_jwt("Bearer " + token_of(kHeader, kClaims)), std::nullopt);
    EXPECT_EQ(refuse_jwt("bearer  " + token_of(kHeader, kClaims)), std::nullopt);
}

TEST(WebhookJwt, WithoutTheHeaderTheAddressMayHoldTheToken) {
    const Authenticator jwt = authenticator(Mode::kJwt);
    EXPECT_EQ(jwt.refuse({{}, {}, token_of(kHeader, kClaims)}, kBody, kNow), std::nullopt);
    EXPECT_EQ(jwt.refuse({{}, {}, kSecret}, kBody, kNow), Refusal::kMalformed);
    EXPECT_EQ(jwt.refuse({"x", {}, token_of(kHeader, kClaims)}, kBody, kNow), Refusal::kMalformed);
}

// The example of RFC 7515, appendix A.1: made by others, so that both halves of these tests cannot be wrong together.
TEST(WebhookJwt, TheExampleOfTheStandardIsGenuine) {
    const auto key =
        from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    ASSERT_TRUE(key);
    const JwtVerifier verifier({*key}, {"", 0s});
    const std::string token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const std::chrono::system_clock::time_point expiry{std::chrono::seconds(1'300'819'380)};
    EXPECT_EQ(verifier.refuse(token, expiry - 1s), std::nullopt);
    EXPECT_EQ(verifier.refuse(token, expiry), Refusal::kExpired);
    std::string altered = token;
    altered[50] = altered[50] == 'a' ? 'b' : 'a';
    EXPECT_EQ(verifier.refuse(altered, expiry - 1s), Refusal::kSignature);
}

TEST(WebhookJwt, EitherOfTwoSecretsSigns) {
    const Authenticator both = authenticator(Mode::kJwt, {kSecret, "second-secret"});
    EXPECT_EQ(both.refuse({token_of(kHeader, kClaims, kSecret), {}, {}}, kBody, kNow), std::nullopt);
    EXPECT_EQ(both.refuse({token_of(kHeader, kClaims, "second-secret"), {}, {}}, kBody, kNow), std::nullopt);
    EXPECT_EQ(both.refuse({token_of(kHeader, kClaims, "third-secret"), {}, {}}, kBody, kNow), Refusal::kSignature);
}

TEST(WebhookJwt, OnlyHs256IsTaken) {
    for (const std::string_view header :
         {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS512"})", R"({"alg":"RS256"})", R"({"alg":"hs256"})",
          R"({"typ":"JWT"})", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":"HS256","crit":["exp"]})"}) {
        EXPECT_EQ(refuse_jwt(token_of(header, kClaims)), Refusal::kAlgorithm) << header;
    }
    // alg none as attackers send it: with an empty signature.
    EXPECT_EQ(refuse_jwt(to_base64url(R"({"alg":"none"})") + '.' + to_base64url(kClaims) + '.'), Refusal::kAlgorithm);
    EXPECT_EQ(refuse_jwt(to_base64url(kHeader) + '.' + to_base64url(kClaims) + '.'), Refusal::kSignature);
}

TEST(WebhookJwt, WhatIsNoTokenIsRefused) {
    EXPECT_EQ(refuse_jwt(""), Refusal::kMissing);
    EXPECT_EQ(refuse_jwt("Bearer "), Refusal::kMissing);
    for (const std::string_view token : {"x", ".", "a.b", "!.!.!", "e30.e30", "Basic abc"}) {
        EXPECT_EQ(refuse_jwt(token), Refusal::kMalformed) << token;
    }
    EXPECT_EQ(refuse_jwt("e30.e30.e30"), Refusal::kAlgorithm);
    EXPECT_EQ(refuse_jwt(token_of("[]", kClaims)), Refusal::kMalformed);
    EXPECT_EQ(refuse_jwt(token_of(kHeader, "7")), Refusal::kMalformed);
    EXPECT_EQ(refuse_jwt(token_of(kHeader, "{")), Refusal::kMalformed);
    EXPECT_EQ(refuse_jwt(token_of(kHeader, kClaims) + "."), Refusal::kSignature);
    EXPECT_EQ(refuse_jwt(token_of(kHeader, kClaims) + "="), Refusal::kSignature);
    EXPECT_EQ(refuse_jwt(std::string(9000, 'a') + ".b.c"), Refusal::kMalformed);
}

TEST(WebhookJwt, TimeIsCheckedWithLeeway) {
    const std::string token = token_of(kHeader, kClaims);
    EXPECT_EQ(refuse_jwt(token, kNow + 259s), std::nullopt);
    EXPECT_EQ(refuse_jwt(token, kNow + 260s), Refusal::kExpired);
    EXPECT_EQ(refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday"})"), Refusal::kMalformed);
    EXPECT_EQ(refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday","exp":"1800000200"})"),
              Refusal::kMalformed);
    EXPECT_EQ(
        refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday","exp":1800000200.5,"nbf":1800000060})"),
        std::nullopt);
    EXPECT_EQ(refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday","exp":1800000200,"nbf":1800000061})"),
              Refusal::kNotYetValid);
    EXPECT_EQ(refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday","exp":1800000200,"nbf":true})"),
              Refusal::kMalformed);
    EXPECT_EQ(refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday","exp":1e300})"), std::nullopt);
    EXPECT_EQ(refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday","exp":-1})"), Refusal::kExpired);
}

TEST(WebhookJwt, ATokenForAnotherAudienceIsRefused) {
    EXPECT_EQ(refuse_claims(R"({"aud":"https://other.example.com/","exp":1800000200})"), Refusal::kAudience);
    EXPECT_EQ(refuse_claims(R"({"exp":1800000200})"), Refusal::kAudience);
    EXPECT_EQ(refuse_claims(R"({"aud":7,"exp":1800000200})"), Refusal::kAudience);
    EXPECT_EQ(refuse_claims(R"({"aud":[],"exp":1800000200})"), Refusal::kAudience);
    EXPECT_EQ(refuse_claims(R"({"aud":["x","https://hooks.example.com/webhooks/monday"],"exp":1800000200})"),
              std::nullopt);
    EXPECT_EQ(refuse_claims(R"({"aud":"https://hooks.example.com/webhooks/monday/","exp":1800000200})"), std::nullopt);
    const Authenticator any({Mode::kJwt, {kSecret}, {"", 60s}});
    EXPECT_EQ(any.refuse({token_of(kHeader, R"({"exp":1800000200})"), {}, {}}, kBody, kNow), std::nullopt);
}

TEST(WebhookToken, TheTextOfTheAddressIsCompared) {
    const Authenticator both = authenticator(Mode::kToken, {kSecret, "second-secret"});
    EXPECT_EQ(both.refuse({{}, {}, kSecret}, kBody, kNow), std::nullopt);
    EXPECT_EQ(both.refuse({{}, {}, "second-secret"}, kBody, kNow), std::nullopt);
    EXPECT_EQ(both.refuse({{}, {}, "first-secre"}, kBody, kNow), Refusal::kSignature);
    EXPECT_EQ(both.refuse({{}, {}, "first-secret\0"}, kBody, kNow), std::nullopt) << "a literal ends at its NUL";
    EXPECT_EQ(both.refuse({{}, {}, std::string_view("first-secret\0", 13)}, kBody, kNow), Refusal::kSignature);
    EXPECT_EQ(both.refuse({kSecret, {}, {}}, kBody, kNow), Refusal::kMissing);
}

TEST(WebhookHmac, TheRawBodyIsSigned) {
    const Authenticator both = authenticator(Mode::kHmac, {kSecret, "second-secret"});
    for (const std::string_view secret : {"first-secret", "second-secret"}) {
        const std::string signature = "sha256=" + to_hex(HmacSha256(secret)(kBody));
        EXPECT_EQ(both.refuse({{}, signature, {}}, kBody, kNow), std::nullopt);
        EXPECT_EQ(both.refuse({{}, signature, {}}, std::string(kBody) + ' ', kNow), Refusal::kSignature);
    }
    EXPECT_EQ(both.refuse({}, kBody, kNow), Refusal::kMissing);
    EXPECT_EQ(both.refuse({{}, "sha256=", {}}, kBody, kNow), Refusal::kMalformed);
    EXPECT_EQ(both.refuse({{}, "sha1=" + std::string(64, '0'), {}}, kBody, kNow), Refusal::kMalformed);
    EXPECT_EQ(both.refuse({{}, "sha256=" + std::string(64, 'g'), {}}, kBody, kNow), Refusal::kMalformed);
    EXPECT_EQ(both.refuse({{}, "sha256=" + std::string(64, '0'), {}}, kBody, kNow), Refusal::kSignature);
}

TEST(WebhookAuthentication, NobodyIsAskedOnlyWhereThatIsSaid) {
    EXPECT_EQ(authenticator(Mode::kNone, {}).refuse({}, kBody, kNow), std::nullopt);
    for (const auto mode : {Mode::kJwt, Mode::kToken, Mode::kHmac}) {
        EXPECT_THROW(authenticator(mode, {}), std::invalid_argument);
        EXPECT_THROW(authenticator(mode, {""}), std::invalid_argument);
        EXPECT_THROW(authenticator(mode, {kSecret, ""}), std::invalid_argument);
    }
}

TEST(WebhookAuthentication, EveryRefusalHasANameOfItsOwn) {
    std::vector<std::string_view> names;
    for (const Refusal refusal : kAllRefusals) names.push_back(name_of(refusal));
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
    EXPECT_EQ(std::count(names.begin(), names.end(), "unknown"), 0);
}

}  // namespace
}  // namespace poller
