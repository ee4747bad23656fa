#include <gtest/gtest.h>

#include "poller/db/error.hpp"

namespace poller::db {
namespace {

TEST(IsTransient, SaysWhatIsWorthAnotherTry) {
    for (const char *state : {"40001", "40003", "40P01", "08006", "08001", "57P01", "57P02", "57P03", "53000", "53100",
                              "53200", "53300", "58000", "58030", "58P01", "25006", "55006", "55P03", "57014"}) {
        EXPECT_TRUE(is_transient(state)) << state;
    }
    for (const char *state : {"", "23505", "22023", "42883", "40002", "54000", "57000", "P0001", "55000", "XX001"}) {
        EXPECT_FALSE(is_transient(state)) << state;
    }
}

}  // namespace
}  // namespace poller::db
