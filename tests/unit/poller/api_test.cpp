// The pure parts of the REST interface: parameters, entity tags, cursors.
#include <gtest/gtest.h>

#include "poller/api/etag.hpp"
#include "poller/api/page_cursor.hpp"
#include "poller/api/parameters.hpp"
#include "poller/crypto/encoding.hpp"
#include "poller/http/server/response.hpp"

namespace poller::api {
namespace {

// Status and detail of what is refused.
template <typename Action>
std::string refusal(Action action) {
    try {
        action();
    } catch (const http::HttpError &error) {
        return std::to_string(error.status()) + ' ' + error.code() + ": " + error.what();
    }
    return "nothing refused";
}

TEST(ApiParameters, ValuesOfTheirKind) {
    const Parameters parameters("/x?n=%205%20&d=2028-02-29&t=+A+b+&f=true&blank=%20",
                                {"n", "d", "t", "f", "blank", "absent"});
    EXPECT_EQ(parameters.whole_number("n", 1, 12), 5);
    EXPECT_EQ(parameters.day("d"), "2028-02-29");
    EXPECT_EQ(parameters.text("t"), "A b");
    EXPECT_TRUE(parameters.flag("f"));
    EXPECT_EQ(parameters.text("blank"), std::nullopt);
    EXPECT_EQ(parameters.whole_number("absent", 1, 12), std::nullopt);
    EXPECT_FALSE(parameters.flag("absent"));
}

TEST(ApiParameters, WhatIsWrongIsNamedWithWhatIsAllowed) {
    const auto number = [](std::string_view text) {
        return refusal([&] {
            static_cast<void>(Parameters("/x?months=" + std::string(text), {"months"}).whole_number("months", 1, 12));
        });
    };
    for (const std::string_view text :
         {"0", "13", "-1", "1.5", "1e1", "twelve", "0x5", "99999999999999999999", "1%202", "%2B5"}) {
        EXPECT_TRUE(
            number(text).starts_with("422 invalid_parameter: months must be a whole number from 1 to 12, not \""))
            << text;
    }
    EXPECT_EQ(number("13"), "422 invalid_parameter: months must be a whole number from 1 to 12, not \"13\"");
    EXPECT_EQ(refusal([] { static_cast<void>(Parameters("/x?f=yes", {"f"}).flag("f")); }),
              "422 invalid_parameter: f must be true or false, not \"yes\"");
    EXPECT_EQ(refusal([] {
                  Parameters("/x?mnths=3", {"months", "as_of_month"});
              }),
              "422 invalid_parameter: unknown parameter \"mnths\"; allowed: months, as_of_month");
    EXPECT_EQ(refusal([] { Parameters("/x?a=1", {}); }),
              "422 invalid_parameter: unknown parameter \"a\"; allowed: none");
    EXPECT_EQ(refusal([] { static_cast<void>(Parameters("/x?n=1&n=2", {"n"}).text("n")); }),
              "422 invalid_parameter: parameter \"n\" stands more than once");
    EXPECT_TRUE(refusal([] { Parameters("/x?n=%zz", {"n"}); }).starts_with("422 invalid_parameter: "));
}

TEST(ApiParameters, OnlyDaysThatExist) {
    for (const std::string_view day : {"2026-01-01", "0001-01-01", "9999-12-31", "2024-02-29", "2000-02-29"})
        EXPECT_TRUE(is_day(day)) << day;
    for (const std::string_view day :
         {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "0000-01-01", "2026-1-1",
          "20260101", "2026/01/01", "2026-01-01T00:00", "-026-01-01", "+026-01-01", "today", ""}) {
        EXPECT_FALSE(is_day(day)) << day;
    }
}

TEST(ApiEtag, AListNamesIt) {
    const std::string etag = etag_of("a");
    EXPECT_EQ(etag.size(), 34U);
    EXPECT_NE(etag, etag_of("b"));
    EXPECT_TRUE(names_etag(etag, etag));
    EXPECT_TRUE(names_etag("W/" + etag, etag));
    EXPECT_TRUE(names_etag("\"x\" ,  " + etag, etag));
    EXPECT_TRUE(names_etag("*", etag));
    EXPECT_FALSE(names_etag("", etag));
    EXPECT_FALSE(names_etag(" , ,", etag));
    EXPECT_FALSE(names_etag(etag.substr(1), etag));
    EXPECT_FALSE(names_etag("\"" + etag, etag));
}

TEST(ApiCursor, ComesBackAsItWas) {
    const PageCursor all{"2026-11-05", std::nullopt, std::nullopt, 12345, "2026-12-01", "P é\"\\,"};
    EXPECT_EQ(PageCursor::parse(all.text()), all);
    const PageCursor one{"2026-11-05", "P1", "Open", 0, "2026-12-01", ""};
    EXPECT_EQ(PageCursor::parse(one.text()), one);
}

TEST(ApiCursor, AnythingElseIsNone) {
    for (const std::string_view json :
         {"", "{}", "[]", "null", "[1,2,3,4,5,6]", R"(["2026-11-05",null,null,1,"2026-12-01"])",
          R"(["2026-11-05",null,null,-1,"2026-12-01","p"])", R"(["2026-11-05",null,null,1.5,"2026-12-01","p"])",
          R"(["2026-11-05",null,null,99999999999999999,"2026-12-01","p"])",
          R"(["2026-11-31",null,null,1,"2026-12-01","p"])", R"(["2026-11-05",1,null,1,"2026-12-01","p"])",
          R"(["2026-11-05",null,null,1,"x","p"])", R"(["2026-11-05",null,null,1,"2026-12-01",null])",
          R"(["2026-11-05",null,null,1,"2026-12-01","a\u0000b"])",
          R"(["2026-11-05","a\u0000b",null,1,"2026-12-01","p"])"}) {
        EXPECT_EQ(PageCursor::parse(to_base64url(json)), std::nullopt) << json;
    }
    EXPECT_EQ(PageCursor::parse("not base64!"), std::nullopt);
}

}  // namespace
}  // namespace poller::api
