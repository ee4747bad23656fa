#include "poller/webhooks/endpoint.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "poller/http/query_string.hpp"
#include "poller/log/log.hpp"

namespace poller {
namespace {

constexpr std::string_view kPath = "/webhooks/monday";
constexpr std::string_view kSignatureHeaders[] = {"X-Hub-Signature-256", "X-Signature-256", "X-Signature"};

std::string_view signature_in(const http::Request &request) {
    for (const std::string_view name : kSignatureHeaders) {
        if (const auto value = request.header(name)) return *value;
    }
    const std::string_view authorization = request.header("Authorization").value_or("");
    return authorization.starts_with("sha256=") ? authorization : std::string_view();
}

http::Response too_many_requests() {
    return http::Response::error(429, "too_many_requests", "too many requests without valid credentials")
        .with("Retry-After", "30");
}

}  // namespace

WebhookEndpoint::WebhookEndpoint(Authenticator authenticator, WebhookIntake &intake, http::RateLimiter &strangers,
                                 RefusalCounts &refusals, metrics::Registry &registry)
    : authenticator_(std::move(authenticator)),
      intake_(intake),
      strangers_(strangers),
      refusals_(refusals),
      registry_(registry),
      stored_(requests("stored")),
      duplicate_(requests("duplicate")),
      ignored_(requests("ignored")) {
    // All there are, so that a rate can be computed from the first one on.
    for (const char *outcome : {"challenge", "malformed", "incomplete", "limited", "overloaded", "unavailable"})
        static_cast<void>(requests(outcome));
    for (const Refusal refusal : kAllRefusals) static_cast<void>(requests("refused_" + std::string(name_of(refusal))));
}

metrics::Counter &WebhookEndpoint::requests(std::string_view outcome) {
    return registry_.counter("pipeline_webhook_requests_total", "Webhook requests, by what became of them.",
                             {{"outcome", std::string(outcome)}});
}

void WebhookEndpoint::add_routes(http::Router &router) {
    router.add(
        http::Verb::post, std::string(kPath),
        [this](http::Request &request) -> awaitable<http::Response> {
            std::string token;
            try {
                token = http::QueryString::parse(request.target()).get("token").value_or("");
            } catch (const http::QueryError &) {
                // Whatever it is, it is no token.
            }
            co_return co_await receive(request, token);
        },
        kLargestBody);
    router.add(
        http::Verb::post, std::string(kPath) + "/{token}",
        [this](http::Request &request) -> awaitable<http::Response> {
            const std::string token = request.parameter("token");
            co_return co_await receive(request, token);
        },
        kLargestBody);
}

awaitable<http::Response> WebhookEndpoint::receive(http::Request &request, std::string_view token) {
    const auto now = std::chrono::steady_clock::now();
    if (strangers_.exhausted(request.remote_address(), now)) {
        if (const auto refusal = refuse(request, token)) {
            refusals_.add(*refusal);
            requests("limited").add();
            co_return too_many_requests();
        }
    }
    auto parsed = parse_webhook(request.body(), std::chrono::system_clock::now());
    if (const auto *malformed = std::get_if<Malformed>(&parsed);
        malformed != nullptr && malformed->fault == Malformed::Fault::kNotJson) {
        strangers_.take(request.remote_address(), now);
        requests("malformed").add();
        log::info("webhook is not JSON", {{"client", request.remote_address()}, {"reason", malformed->reason}});
        co_return http::Response::error(400, "invalid_json", malformed->reason);
    }
    if (const auto *challenge = std::get_if<Challenge>(&parsed)) {
        strangers_.take(request.remote_address(), now);
        requests("challenge").add();
        log::info("webhook challenge answered", {{"client", request.remote_address()}});
        const nlohmann::json echo = {{"challenge", challenge->value}};
        co_return http::Response::json(200, echo.dump());
    }
    if (const auto refusal = refuse(request, token)) {
        strangers_.take(request.remote_address(), now);
        co_return refused(*refusal, request);
    }
    if (const auto *malformed = std::get_if<Malformed>(&parsed)) {
        requests("incomplete").add();
        log::warning("webhook without what it needs",
                     {{"client", request.remote_address()}, {"reason", malformed->reason}});
        co_return http::Response::error(400, "incomplete_event", malformed->reason);
    }
    co_return co_await store(std::get<Event>(std::move(parsed)), request);
}

std::optional<Refusal> WebhookEndpoint::refuse(const http::Request &request, std::string_view token) const {
    const Credentials credentials{request.header("Authorization").value_or(""), signature_in(request), token};
    return authenticator_.refuse(credentials, request.body(), std::chrono::system_clock::now());
}

http::Response WebhookEndpoint::refused(Refusal refusal, const http::Request &request) {
    refusals_.add(refusal);
    requests("refused_" + std::string(name_of(refusal))).add();
    log::warning("webhook refused", {{"client", request.remote_address()}, {"reason", name_of(refusal)}});
    return http::Response::error(401, "unauthorized", "the request shows no valid credentials")
        .with("WWW-Authenticate", "Bearer");
}

awaitable<http::Response> WebhookEndpoint::store(Event event, http::Request &request) {
    WebhookIntake::Outcome outcome;
    try {
        outcome = co_await intake_.store(std::move(event), request.take_body(), request.remote_address());
    } catch (const http::HttpError &error) {
        requests(error.code()).add();
        co_return http::Response::error(error.status(), error.code(), error.what()).with("Retry-After", "5");
    }
    switch (outcome) {
        case WebhookIntake::Outcome::kDuplicate:
            duplicate_.add();
            co_return http::Response::json(200, R"({"status":"duplicate"})");
        case WebhookIntake::Outcome::kIgnored:
            ignored_.add();
            co_return http::Response::json(202, R"({"status":"ignored"})");
        case WebhookIntake::Outcome::kStored: break;
    }
    stored_.add();
    co_return http::Response::json(202, R"({"status":"accepted"})");
}

}  // namespace poller
