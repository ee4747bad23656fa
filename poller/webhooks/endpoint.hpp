// POST /webhooks/monday: size, JSON, challenge, who sent it, what it needs, and then the database. The order is a
// contract; the size is checked by the server.
#pragma once

#include <memory>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/http/rate_limiter.hpp"
#include "poller/http/server/router.hpp"
#include "poller/metrics/registry.hpp"
#include "poller/webhooks/authentication.hpp"
#include "poller/webhooks/event.hpp"
#include "poller/webhooks/intake.hpp"
#include "poller/webhooks/refusal_counts.hpp"

namespace poller {

class WebhookEndpoint {
public:
    static constexpr std::size_t kLargestBody = 256 * 1024;

    // Intake, limiter and counts outlive the endpoint.
    WebhookEndpoint(Authenticator authenticator, WebhookIntake &intake, http::RateLimiter &strangers,
                    RefusalCounts &refusals, metrics::Registry &registry);

    // The endpoint outlives the router's use.
    void add_routes(http::Router &router);

    // For secrets that were changed.
    void replace(Authenticator authenticator) { authenticator_ = std::move(authenticator); }

private:
    [[nodiscard]] awaitable<http::Response> receive(http::Request &request, std::string_view token);
    [[nodiscard]] awaitable<http::Response> store(Event event, http::Request &request);
    [[nodiscard]] std::optional<Refusal> refuse(const http::Request &request, std::string_view token) const;
    [[nodiscard]] http::Response refused(Refusal refusal, const http::Request &request);
    [[nodiscard]] metrics::Counter &requests(std::string_view outcome);

    Authenticator authenticator_;
    WebhookIntake &intake_;
    http::RateLimiter &strangers_;
    RefusalCounts &refusals_;
    metrics::Registry &registry_;
    metrics::Counter &stored_;
    metrics::Counter &duplicate_;
    metrics::Counter &ignored_;
};

}  // namespace poller
