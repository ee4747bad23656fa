#include <gtest/gtest.h>

#include "poller/db/error.hpp"

namespace poller::db {
namespace {

TEST(IsTransient, SaysWhatIsWorthAnotherTry) {
    for (const char *state :
         {"40001", "40P01", "08006", "08001", "57P01", "57P02", "57P03", "53300", "25006", "55P03", "57014"}) {
        EXPECT_TRUE(is_transient(state)) << state;
    }
    for (const char *state : {"", "23505", "22023", "42883", "40002", "57000", "P0001", "55000"}) {
        EXPECT_FALSE(is_transient(state)) << state;
    }
}

}  // namespace
}  // namespace poller::db
