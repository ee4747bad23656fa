#include "poller/db/conninfo.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace poller::db {
namespace {

TEST(Conninfo, ReadsBothForms) {
    EXPECT_FALSE(conninfo_problem("postgresql://u@h:1/d?sslmode=require").has_value());
    EXPECT_FALSE(conninfo_problem("host=/tmp dbname=d").has_value());
    EXPECT_TRUE(conninfo_problem("host /tmp").has_value());
    EXPECT_TRUE(conninfo_problem("mysql://u@h/d").has_value());
}

TEST(Conninfo, APortIsANumberThatThereIs) {
    for (const char *text :
         {"host=h port=99999", "host=h port=0", "host=h port=-1", "host=h port=5x", "host=a,b port=5432,70000"}) {
        EXPECT_TRUE(conninfo_problem(text).has_value()) << text;
    }
    for (const char *text : {"host=h port=65535", "host=a,b port=5432,", "host=a,b port=5432,5433", "host=h"}) {
        EXPECT_FALSE(conninfo_problem(text).has_value()) << text;
    }
    for (const char *text : {"", ":1", "h:", "h:99999", "h:x", "[::1", "[::1]:99999"}) {
        EXPECT_TRUE(server_problem(text).has_value()) << text;
    }
    for (const char *text : {"h", "h:1", "[::1]", "[::1]:5432"}) EXPECT_FALSE(server_problem(text).has_value()) << text;
}

TEST(Conninfo, FindsAndHidesThePassword) {
    EXPECT_EQ(conninfo_password("postgresql://u:p%40ss@h/d"), "p@ss");
    EXPECT_EQ(conninfo_password("host=h"), std::nullopt);
    EXPECT_EQ(conninfo_without_password("user=u password='p w' dbname=d"), "user=u password=*** dbname=d");
}

TEST(Conninfo, SaysWhereItLeads) {
    const auto leads_to = [](const std::string &text) {
        const Address address = conninfo_address(text);
        return address.host + ":" + address.port;
    };
    EXPECT_EQ(leads_to("postgresql://u@db.example.com:6432/d"), "db.example.com:6432");
    EXPECT_EQ(leads_to("host=a,b port=5433,5434"), "a:5433");
    EXPECT_EQ(leads_to("host=/run/postgresql port=5433"), "localhost:5433");
    ::setenv("PGHOST", "from.environment", 1);
    ::setenv("PGPORT", "5999", 1);
    EXPECT_EQ(leads_to("dbname=d"), "from.environment:5999");
    EXPECT_EQ(leads_to("host=h"), "h:5999");
    ::unsetenv("PGHOST");
    ::unsetenv("PGPORT");
    EXPECT_EQ(leads_to(""), "localhost:5432");
}

}  // namespace
}  // namespace poller::db
