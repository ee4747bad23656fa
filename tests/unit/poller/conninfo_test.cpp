#include "poller/db/conninfo.hpp"

#include <gtest/gtest.h>

namespace poller::db {
namespace {

TEST(Conninfo, ReadsBothForms) {
    EXPECT_FALSE(conninfo_problem("postgresql://u@h:1/d?sslmode=require").has_value());
    EXPECT_FALSE(conninfo_problem("host=/tmp dbname=d").has_value());
    EXPECT_TRUE(conninfo_problem("host /tmp").has_value());
    EXPECT_TRUE(conninfo_problem("mysql://u@h/d").has_value());
}

TEST(Conninfo, FindsAndHidesThePassword) {
    EXPECT_EQ(conninfo_password("postgresql://u:p%40ss@h/d"), "p@ss");
    EXPECT_EQ(conninfo_password("host=h"), std::nullopt);
    EXPECT_EQ(conninfo_without_password("user=u password='p w' dbname=d"), "user=u password=*** dbname=d");
}

}  // namespace
}  // namespace poller::db
