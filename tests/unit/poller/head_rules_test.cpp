#include "poller/http/server/head_rules.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace poller::http {
namespace {

TEST(HeadRules, AHostIsANameOrAnAddressWithOrWithoutAPort) {
    for (const char *host : {"", "reports.example.net", "192.0.2.7:8000", "[2001:db8::7]", "[2001:db8::7]:443",
                             "a:", "xn--caf-dma.example", "a_b~c", "%41.example"}) {
        EXPECT_TRUE(is_host(host)) << host;
    }
    for (const char *host : {"a b", "a,b:80:90", "a:b", "a/b", "user@a", "[::1", "[]", "[::1]x", "a\\b", "caf\xc3\xa9",
                             "a?b", "a#b", "a\"b", "<a>"}) {
        EXPECT_FALSE(is_host(host)) << host;
    }
}

TEST(HeadRules, TheAbsoluteFormNamesHostAndTarget) {
    using Expected = std::pair<std::string, std::string>;
    for (const auto &[target, expected] : std::vector<std::pair<const char *, Expected>>{
             {"http://a.example/x?y=1", {"a.example", "/x?y=1"}},
             {"HTTPS://a.example:8443/x", {"a.example:8443", "/x"}},
             {"http://a.example", {"a.example", "/"}},
             {"http://a.example?y", {"a.example", "/?y"}},
             {"http://[::1]:80/x//y", {"[::1]:80", "/x//y"}},
         }) {
        const auto absolute = absolute_form(target);
        ASSERT_TRUE(absolute) << target;
        EXPECT_EQ(absolute->host, expected.first) << target;
        EXPECT_EQ(absolute->target, expected.second) << target;
    }
    for (const char *target : {"/x", "*", "", "ftp://a/x", "http:/x", "http:///x", "http://user@a/x", "http://:80/x",
                               "a.example:443", "http://a b/x", "httpx://a/"}) {
        EXPECT_FALSE(absolute_form(target)) << target;
    }
}

TEST(HeadRules, Versions) {
    for (const char *line : {"GET / HTTP/2.0", "PRI * HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/3.0"}) {
        ASSERT_TRUE(refuse_version(line)) << line;
        EXPECT_EQ(refuse_version(line)->status, 505);
    }
    for (const char *line : {"GET / HTTP/1.0", "GET / HTTP/1.1", "GET / HTTP/1.7", "GET /", "", "GET / HTTP/x.y"}) {
        EXPECT_FALSE(refuse_version(line)) << line;
    }
    EXPECT_TRUE(has_later_minor_version("GET / HTTP/1.7"));
    EXPECT_FALSE(has_later_minor_version("GET / HTTP/1.1"));
    EXPECT_FALSE(has_later_minor_version("GET / HTTP/1.0"));
    EXPECT_FALSE(has_later_minor_version("GET / HTTP/2.7"));
}

}  // namespace
}  // namespace poller::http
