// Any bytes as a token, and any header and claims properly signed: only a token of ours that names HS256 and is valid
// now may be let in.
#include <cstdint>
#include <nlohmann/json.hpp>

#include "poller/crypto/encoding.hpp"
#include "poller/webhooks/jwt.hpp"
#include "require.hpp"

namespace {

using namespace poller;
using nlohmann::json;

constexpr std::string_view kSecret = "the secret of this run";
const std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'800'000'000)};

std::string signed_token(std::string_view header, std::string_view claims, const HmacSha256 &key) {
    std::string content = to_base64url(header) + '.' + to_base64url(claims);
    const Digest digest = key(content);
    return content + '.' + to_base64url({reinterpret_cast<const char *>(digest.bytes.data()), digest.bytes.size()});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const JwtVerifier verifier({std::string(kSecret)}, {"https://example.com/", std::chrono::seconds(60)});
    static const HmacSha256 key(kSecret);
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);

    require(verifier.refuse(bytes, kNow).has_value(), "a token that nobody signed is refused");
    if (const auto decoded = from_base64url(bytes)) require(to_base64url(*decoded) == bytes, "base64 has one spelling");

    const std::size_t line = bytes.find('\n');
    if (line == std::string_view::npos) return 0;
    const std::string_view header = bytes.substr(0, line);
    const std::string_view claims = bytes.substr(line + 1);
    const std::string token = signed_token(header, claims, key);
    if (verifier.refuse(token, kNow)) return 0;
    require(json::parse(header).at("alg") == "HS256", "only HS256 is let in");
    require(json::parse(claims).at("exp").get<double>() > 1'800'000'000 - 61, "an expired token is refused");
    std::string altered = token;
    altered[altered.rfind('.') + 1] = altered[altered.rfind('.') + 1] == 'A' ? 'B' : 'A';
    require(verifier.refuse(altered, kNow) == Refusal::kSignature, "another signature is refused");
    return 0;
}
