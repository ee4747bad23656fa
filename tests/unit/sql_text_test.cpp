#include "core/sql_text.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

TEST(SqlText, NamesAreAlwaysQuoted) {
    EXPECT_EQ(sql_name("deal_stage"), "\"deal_stage\"");
    EXPECT_EQ(sql_name("Deal Stage"), "\"Deal Stage\"");
    EXPECT_EQ(sql_name(""), "\"\"");
    EXPECT_EQ(sql_name("a\"; DROP TABLE projects; --"), "\"a\"\"; DROP TABLE projects; --\"");
    EXPECT_EQ(sql_name("\"\""), "\"\"\"\"\"\"");
    EXPECT_EQ(sql_name("it's"), "\"it's\"");
}

TEST(SqlText, ValuesAreQuotedForStandardStrings) {
    EXPECT_EQ(sql_literal("Won"), "'Won'");
    EXPECT_EQ(sql_literal(""), "''");
    EXPECT_EQ(sql_literal("it's"), "'it''s'");
    EXPECT_EQ(sql_literal("'; DROP TABLE projects; --"), "'''; DROP TABLE projects; --'");
    EXPECT_EQ(sql_literal("back\\slash\\'"), "'back\\slash\\'''") << "a backslash is an ordinary character";
    EXPECT_EQ(sql_literal("\"name\""), "'\"name\"'");
    EXPECT_EQ(sql_literal("£ 5\n"), "'£ 5\n'");
}

}  // namespace
}  // namespace pipeline_forecast
