#include "core/html.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

TEST(Html, EverySpecialCharacterIsEscaped) {
    EXPECT_EQ(escape_html("<script>alert('x') & \"y\"</script>"),
              "&lt;script&gt;alert(&#39;x&#39;) &amp; &quot;y&quot;&lt;/script&gt;");
}

TEST(Html, WhatIsEscapedAlreadyIsEscapedAgain) { EXPECT_EQ(escape_html("&lt;"), "&amp;lt;"); }

TEST(Html, OtherTextStays) {
    EXPECT_EQ(escape_html(""), "");
    EXPECT_EQ(escape_html("1,200 £ – 😀 \\ `%`"), "1,200 £ – 😀 \\ `%`");
}

}  // namespace
}  // namespace pipeline_forecast
