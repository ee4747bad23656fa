#include "poller/health/readiness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "poller/errors.hpp"

namespace poller {

Readiness::Readiness(db::Pool &database, Limits limits)
    : database_(database), limits_(limits), checks_([this](const int &) { return check(); }) {}

void Readiness::add_to(api::Endpoints &endpoints) {
    endpoints.add({http::Verb::get, "/readyz", std::nullopt, [this](http::Request &) { return answer(); }});
}

awaitable<std::vector<Readiness::Check>> Readiness::check() {
    std::vector<Check> checks;
    try {
        const db::Result rows = co_await database_.query(
            "SELECT check_name, ready, detail FROM pipeline_readiness(make_interval(secs => $1), make_interval(secs => "
            "$2))",
            db::params(limits_.queue_lag.count(), limits_.board_age.count()));
        checks.push_back({"database", true, "answers"});
        for (const db::Row row : rows) {
            checks.push_back({std::string(row[0].text()), row[1].boolean(), std::string(row[2].text())});
        }
    } catch (const Error &error) {
        // Connection errors name hosts and roles, which are nobody's business here; the log has them.
        checks.push_back(
            {"database", false,
             error.sqlstate().empty() ? "cannot be asked" : "cannot be asked (SQLSTATE " + error.sqlstate() + ")"});
    }
    co_return checks;
}

awaitable<http::Response> Readiness::answer() {
    const std::vector<Check> checks = co_await checks_.get(0);
    const bool ready = std::all_of(checks.begin(), checks.end(), [](const Check &check) { return check.ready; });
    nlohmann::ordered_json body = {{"status", ready ? "ready" : "not_ready"},
                                   {"checks", nlohmann::ordered_json::array()}};
    for (const Check &check : checks) {
        body["checks"].push_back({{"name", check.name}, {"ready", check.ready}, {"detail", check.detail}});
    }
    http::Response response = http::Response::json(ready ? 200 : 503, body.dump());
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

}  // namespace poller
