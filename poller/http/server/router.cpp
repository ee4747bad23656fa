#include "poller/http/server/router.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <optional>

#include "poller/http/percent.hpp"

namespace poller::http {
namespace {

[[nodiscard]] std::string_view take_part(std::string_view &path) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return part;
}

// Nothing if the path does not match. A parameter is never empty, and never has a broken encoding.
[[nodiscard]] std::optional<Router::Parameters> match(std::string_view pattern, std::string_view path) {
    if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) {
        return std::nullopt;
    }
    Router::Parameters parameters;
    while (!pattern.empty() || !path.empty()) {
        const std::string_view expected = take_part(pattern);
        const std::string_view given = take_part(path);
        if (!expected.starts_with('{')) {
            if (expected != given) {
                return std::nullopt;
            }
            continue;
        }
        std::optional<std::string> value = percent_decode(given);
        if (!value || value->empty()) {
            return std::nullopt;
        }
        parameters.emplace_back(expected.substr(1, expected.size() - 2), std::move(*value));
    }
    return parameters;
}

}  // namespace

void Router::add(Verb method, std::string pattern, Handler handler, std::size_t body_limit) {
    routes_.push_back({method, std::move(pattern), std::move(handler), body_limit});
}

std::variant<Router::Match, Router::NotFound, Router::NotAllowed> Router::find(Verb method,
                                                                               std::string_view path) const {
    const Verb wanted = method == Verb::head ? Verb::get : method;
    std::string allow;
    for (const Route &route : routes_) {
        std::optional<Parameters> parameters = match(route.pattern, path);
        if (!parameters) {
            continue;
        }
        if (route.method == wanted) {
            return Match{&route, std::move(*parameters)};
        }
        const auto name = boost::beast::http::to_string(route.method);
        allow += (allow.empty() ? "" : ", ") + std::string(name.data(), name.size()) +
                 (route.method == Verb::get ? ", HEAD" : "");
    }
    if (allow.empty()) {
        return NotFound{};
    }
    return NotAllowed{std::move(allow)};
}

}  // namespace poller::http
