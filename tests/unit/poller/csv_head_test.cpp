// The head line of a CSV file.
#include <gtest/gtest.h>

#include "poller/cli/csv_file.hpp"

namespace poller::cli {
namespace {

using Names = std::vector<std::string>;

TEST(CsvHead, SplitsAtCommas) { EXPECT_EQ(csv_head("id,name,value"), (Names{"id", "name", "value"})); }

TEST(CsvHead, TakesQuotesOffAndKeepsWhatTheyHold) {
    EXPECT_EQ(csv_head(R"("id","a, b","say ""x""")"), (Names{"id", "a, b", R"(say "x")"}));
}

TEST(CsvHead, DropsByteOrderMarkBlanksAndCarriageReturn) {
    EXPECT_EQ(csv_head("\xEF\xBB\xBF id , name\r"), (Names{"id", "name"}));
}

TEST(CsvHead, AnEmptyNameStaysEmpty) { EXPECT_EQ(csv_head("id,,"), (Names{"id", "", ""})); }

}  // namespace
}  // namespace poller::cli
