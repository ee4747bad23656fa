#include <gtest/gtest.h>

#include "core/decode.hpp"

namespace pipeline_forecast {
namespace {

TEST(DecodeMoment, ReadsMomentsOfIso8601) {
    for (const char *text : {"2026-03-21T08:47:10Z", "2026-03-21 08:47:10+02:00", "2026-03-21T08:47:10.123456-11:30"}) {
        const Decoded<std::string> moment = decode_moment(text);
        ASSERT_TRUE(moment.value) << text << ": " << moment.reason;
        EXPECT_EQ(*moment.value, text);
    }
    EXPECT_EQ(decode_moment(" 2026-03-21T08:47:10 ").value, "2026-03-21T08:47:10Z") << "without an offset it is UTC";
}

TEST(DecodeMoment, RefusesEverythingElse) {
    for (const char *text :
         {"", "now", "infinity", "2026-03-21", "2026-03-21T", "2026-03-21T8:47:10Z", "2026-03-21T08:47Z",
          "2026-02-30T08:47:10Z", "1899-12-31T08:47:10Z", "2026-03-21T24:00:00Z", "2026-03-21T08:60:10Z",
          "2026-03-21T08:47:60Z", "2026-03-21T08:47:10.Z", "2026-03-21T08:47:10 UTC", "2026-03-21T08:47:10+0200",
          "2026-03-21T08:47:10+15:00", "2026-03-21T08:47:10+02:60", "2026-03-21T08:47:10Z; DROP",
          "03/21/2026 08:47:10"}) {
        const Decoded<std::string> moment = decode_moment(text);
        EXPECT_FALSE(moment.value) << text;
        EXPECT_EQ(moment.reason, "not a moment in ISO 8601") << text;
    }
}

}  // namespace
}  // namespace pipeline_forecast
