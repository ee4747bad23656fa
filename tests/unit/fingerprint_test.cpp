// The fingerprint: stable over time and machines, and different for whatever differs.
#include "core/fingerprint.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>

namespace pipeline_forecast {
namespace {

// FNV-1a, 128 bits: the offset basis of the published definition.
TEST(Fingerprint, OfNothingIsTheOffsetBasis) { EXPECT_EQ(Fingerprint{}.hex(), "6c62272e07bb014262b821756295c58d"); }

// Stored fingerprints are compared with new ones for years: these figures never change. They were computed with an
// implementation of their own, byte by byte as the header describes.
TEST(Fingerprint, IsStable) {
    EXPECT_EQ(Fingerprint{}.add(std::int64_t{0}).hex(), "9d30c1f78465995be47dda5e4e4e77ed");
    EXPECT_EQ(Fingerprint{}.add(std::int64_t{-1}).hex(), "1f1206bf386598cfecc541ed53713e45");
    EXPECT_EQ(Fingerprint{}.add(std::string_view("")).hex(), "9d30c1f78465995be47dda5e4e4e77ed");
    EXPECT_EQ(Fingerprint{}.add(std::string_view("Account 001")).hex(), "8ce7cfe6ecd2258c85a69d0863f40676");
    EXPECT_EQ(Fingerprint{}.add(std::string_view("M\xC3\xBCller")).add(std::int64_t{150'000}).hex(),
              "6a8e39a1b5d3b498a8f01e876cd41a58");
}

TEST(Fingerprint, EqualInputsGiveEqualText) {
    const auto make = [] { return Fingerprint{}.add(std::string_view("a")).add(std::int64_t{7}).hex(); };
    EXPECT_EQ(make(), make());
}

TEST(Fingerprint, HasThirtyTwoDigits) {
    for (std::int64_t number = 0; number < 1000; ++number) {
        const std::string text = Fingerprint{}.add(number).hex();
        ASSERT_EQ(text.size(), 32U);
        ASSERT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos) << text;
    }
}

TEST(Fingerprint, TellsApartWhereTextsEnd) {
    const auto of = [](std::string_view first, std::string_view second) {
        return Fingerprint{}.add(first).add(second).hex();
    };
    EXPECT_NE(of("ab", "c"), of("a", "bc"));
    EXPECT_NE(of("", "a"), of("a", ""));
    EXPECT_NE(of("", ""), Fingerprint{}.add(std::string_view("")).hex());
    EXPECT_NE(of(std::string_view("\0", 1), ""), of("", std::string_view("\0", 1)));
}

TEST(Fingerprint, DependsOnTheOrder) {
    EXPECT_NE(Fingerprint{}.add(std::int64_t{1}).add(std::int64_t{2}).hex(),
              Fingerprint{}.add(std::int64_t{2}).add(std::int64_t{1}).hex());
}

TEST(Fingerprint, SeesEveryBitOfANumber) {
    std::set<std::string> seen{Fingerprint{}.add(std::int64_t{0}).hex()};
    for (int bit = 0; bit < 64; ++bit) {
        const auto number = static_cast<std::int64_t>(std::uint64_t{1} << bit);
        EXPECT_TRUE(seen.insert(Fingerprint{}.add(number).hex()).second) << "bit " << bit;
    }
    EXPECT_TRUE(seen.insert(Fingerprint{}.add(std::numeric_limits<std::int64_t>::max()).hex()).second);
}

TEST(Fingerprint, SeesEveryByteOfAText) {
    const std::string text(300, 'x');
    std::set<std::string> seen{Fingerprint{}.add(std::string_view(text)).hex()};
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = '\xFF';
        EXPECT_TRUE(seen.insert(Fingerprint{}.add(std::string_view(changed)).hex()).second) << "byte " << i;
    }
}

TEST(Fingerprint, ManySmallNumbersDiffer) {
    std::set<std::string> seen;
    for (std::int64_t first = 0; first < 200; ++first) {
        for (std::int64_t second = 0; second < 200; ++second) seen.insert(Fingerprint{}.add(first).add(second).hex());
    }
    EXPECT_EQ(seen.size(), 200U * 200U);
}

}  // namespace
}  // namespace pipeline_forecast
