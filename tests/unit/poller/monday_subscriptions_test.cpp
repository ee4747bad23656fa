#include "poller/monday/subscriptions.hpp"

#include <gtest/gtest.h>

#include "poller/errors.hpp"
#include "poller/http/percent.hpp"

namespace poller::monday {
namespace {

Settings settings(const std::string &url) {
    Settings result;
    result.monday_webhook_url = url;
    result.webhook_auth = WebhookAuth::kToken;
    result.webhook_secrets = {"a secret & more", "older"};
    return result;
}

TEST(WebhookUrl, CarriesTheNewestSecretWhereThatIsHowOriginIsProved) {
    EXPECT_EQ(webhook_url(settings("https://a.example.com/webhooks/monday")),
              "https://a.example.com/webhooks/monday?token=a%20secret%20%26%20more");
    EXPECT_EQ(webhook_url(settings("https://a.example.com/w?x=1")),
              "https://a.example.com/w?x=1&token=a%20secret%20%26%20more");
    Settings jwt = settings("https://a.example.com/w");
    jwt.webhook_auth = WebhookAuth::kJwt;
    EXPECT_EQ(webhook_url(jwt), "https://a.example.com/w");
}

TEST(WebhookUrl, NoneWhereMondayComCannotProveItsEvents) {
    Settings hmac = settings("https://a.example.com/w");
    hmac.webhook_auth = WebhookAuth::kHmac;
    EXPECT_THROW(static_cast<void>(webhook_url(hmac)), ConfigError);
}

TEST(WebhookUrl, MissingOrTooLong) {
    EXPECT_THROW(static_cast<void>(webhook_url(settings(""))), ConfigError);
    EXPECT_THROW(static_cast<void>(webhook_url(settings("https://a.example.com/" + std::string(240, 'x')))),
                 ConfigError);
}

TEST(WebhookEvents, ByRole) {
    EXPECT_EQ(events_of("parent").size(), 13U);
    EXPECT_EQ(events_of("hidden").size(), 6U);
    EXPECT_TRUE(events_of("subitem").empty()) << "a board of subitems takes none";
}

TEST(PercentEncode, EverythingButUnreserved) {
    EXPECT_EQ(http::percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(http::percent_encode(" +/?&=%\n\xc3\xa4"), "%20%2B%2F%3F%26%3D%25%0A%C3%A4");
    EXPECT_EQ(http::percent_decode(http::percent_encode("a b+c%")), "a b+c%");
}

}  // namespace
}  // namespace poller::monday
