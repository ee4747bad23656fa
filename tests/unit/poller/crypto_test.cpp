#include <gtest/gtest.h>

#include <concepts>
#include <set>

#include "poller/api/key.hpp"
#include "poller/crypto/encoding.hpp"
#include "poller/crypto/sha256.hpp"

namespace poller {
namespace {

// FIPS 180-2, appendix B.1, and RFC 4231, test cases 1, 2 and 6.
TEST(Sha256, KnownDigests) {
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(HmacSha256(std::string(20, '\x0b'))("Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(HmacSha256("Jefe")("what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(HmacSha256(std::string(131, '\xaa'))("Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Sha256, AKeyServesManyMessages) {
    const HmacSha256 key("Jefe");
    const Digest first = key("a");
    EXPECT_TRUE(equal_in_constant_time(key("a"), first));
    EXPECT_FALSE(equal_in_constant_time(key("b"), first));
    EXPECT_TRUE(equal_in_constant_time(key("a"), first)) << "whatever came in between";
}

// A comparison that stops early does not compile.
static_assert(!std::equality_comparable<Digest>);

TEST(Encoding, HexIsReadInEitherCase) {
    const std::string text = to_hex(sha256("abc"));
    std::string upper = text;
    for (char &c : upper) c = static_cast<char>(std::toupper(c));
    for (const std::string &spelled : {text, upper}) {
        const auto digest = digest_from_hex(spelled);
        ASSERT_TRUE(digest);
        EXPECT_EQ(to_hex(*digest), text);
    }
    EXPECT_FALSE(digest_from_hex(text + "0"));
    EXPECT_FALSE(digest_from_hex(std::string(63, '0') + "x"));
    EXPECT_FALSE(digest_from_hex(""));
}

// RFC 4648, section 10, without padding.
TEST(Encoding, Base64KnownTexts) {
    const std::pair<std::string_view, std::string_view> pairs[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xFE", "-__-"}};
    for (const auto &[bytes, text] : pairs) {
        EXPECT_EQ(to_base64url(bytes), text);
        EXPECT_EQ(from_base64url(text), bytes);
    }
}

TEST(Encoding, Base64HasOneSpelling) {
    for (const std::string_view text : {"Z", "Zh", "Zg==", "Zg=", "Z g", "Zm9", "+/+/", "Zm9vY", "\xFF\xFF"}) {
        EXPECT_EQ(from_base64url(text), std::nullopt) << text;
    }
}

TEST(ApiKey, EachIsNewAndLong) {
    std::set<std::string> keys;
    for (int i = 0; i < 100; ++i) keys.insert(make_api_key());
    EXPECT_EQ(keys.size(), 100U);
    for (const std::string &key : keys) {
        EXPECT_TRUE(key.starts_with("pfk_"));
        EXPECT_EQ(key.size(), 47U);
    }
}

TEST(ApiKey, ItsHashIsABytea) {
    EXPECT_EQ(api_key_hash("abc"), "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace poller
