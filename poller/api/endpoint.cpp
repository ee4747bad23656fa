#include "poller/api/endpoint.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::api {
namespace {

std::string with_hint(const Error &error) {
    return error.hint().empty() ? error.what() : std::string(error.what()) + ". " + error.hint();
}

// What the database refuses, by what the client can do about it.
http::Response response_to(const Error &error) {
    if (error.sqlstate() == "P0002") return http::Response::error(404, "not_found", with_hint(error));
    if (error.sqlstate() == "22023") return http::Response::error(400, "invalid_value", with_hint(error));
    if (error.sqlstate() == "55000")
        return http::Response::error(503, "not_ready", with_hint(error)).with("Retry-After", "30");
    if (error.sqlstate() == "25006") {
        return http::Response::error(503, "read_only", "this database can only be read; ask the primary")
            .with("Retry-After", "30");
    }
    if (dynamic_cast<const TransientError *>(&error) != nullptr) {
        return http::Response::error(503, "unavailable", "the database cannot answer at the moment")
            .with("Retry-After", "2");
    }
    return http::Response::error(500, "internal_error", "the server failed on this request; its log says why");
}

http::Response response_to(const http::HttpError &error) {
    http::Response response = http::Response::error(error.status(), error.code(), error.what());
    if (error.status() == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"pipeline_forecast\"");
    if (error.status() == 429) response.headers.emplace_back("Retry-After", "30");
    return response;
}

}  // namespace

Endpoints::Endpoints(http::Router &router, Access &access, std::vector<std::string> origins)
    : router_(router), access_(access), origins_(std::move(origins)) {}

void Endpoints::add(Operation operation) {
    const auto shared = std::make_shared<const Operation>(std::move(operation));
    router_.add(shared->method, shared->path,
                [this, shared](http::Request &request) { return answer(*shared, request); });
    if (origins_.empty()) return;
    router_.add(http::Verb::options, shared->path, [this, shared](http::Request &request) -> awaitable<http::Response> {
        co_return preflight(request, shared->method == http::Verb::post ? "POST" : "GET, HEAD");
    });
}

awaitable<http::Response> Endpoints::answer(const Operation &operation, http::Request &request) {
    http::Response response;
    try {
        if (operation.scope) co_await access_.require(request, *operation.scope);
        response = co_await operation.handler(request);
    } catch (const http::HttpError &error) {
        response = response_to(error);
    } catch (const Error &error) {
        response = response_to(error);
        if (response.status >= 500) {
            log::error("request failed",
                       {{"route", operation.path}, {"error", error.what()}, {"sqlstate", error.sqlstate()}});
        }
    }
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (!origins_.empty()) response.headers.emplace_back("Vary", "Origin");
    if (const auto origin = named_origin(request)) {
        response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
        response.headers.emplace_back("Access-Control-Expose-Headers", "ETag");
    }
    co_return response;
}

http::Response Endpoints::preflight(const http::Request &request, std::string_view methods) const {
    http::Response response;
    response.status = 204;
    response.headers.emplace_back("Vary", "Origin");
    const auto origin = named_origin(request);
    if (!origin) return response;
    response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
    response.headers.emplace_back("Access-Control-Allow-Methods", methods);
    response.headers.emplace_back("Access-Control-Allow-Headers", "Authorization, If-None-Match");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
    return response;
}

std::optional<std::string_view> Endpoints::named_origin(const http::Request &request) const {
    const auto origin = request.header("Origin");
    const bool named = origin && std::find(origins_.begin(), origins_.end(), *origin) != origins_.end();
    return named ? origin : std::nullopt;
}

}  // namespace poller::api
