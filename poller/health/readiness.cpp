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
            "SELECT check_name, state, detail, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
            " FROM pipeline_readiness(make_interval(secs => $1), make_interval(secs => $2))",
            db::params(limits_.queue_lag.count(), limits_.board_age.count()));
        checks.push_back({"database", "ok", "answers", std::nullopt});
        for (const db::Row row : rows) {
            Check check{std::string(row[0].text()), std::string(row[1].text()), std::string(row[2].text()),
                        std::nullopt};
            if (!row[3].is_null()) {
                check.since = row[3].text();
            }
            checks.push_back(std::move(check));
        }
    } catch (const Error &error) {
        // Connection errors name hosts and roles, which are nobody's business here; the log has them.
        checks.push_back(
            {"database", "bad",
             error.sqlstate().empty() ? "cannot be asked" : "cannot be asked (SQLSTATE " + error.sqlstate() + ")",
             std::nullopt});
    }
    co_return checks;
}

awaitable<http::Response> Readiness::answer() {
    const std::vector<Check> checks = co_await checks_.get(0);
    const bool ready = std::all_of(checks.begin(), checks.end(), [](const Check &check) { return check.ready(); });
    nlohmann::ordered_json body = {{"status", ready ? "ready" : "not_ready"},
                                   {"checks", nlohmann::ordered_json::array()}};
    for (const Check &check : checks) {
        nlohmann::ordered_json entry = {
            {"name", check.name}, {"ready", check.ready()}, {"detail", check.detail}, {"state", check.state}};
        entry["since"] = check.since ? nlohmann::ordered_json(*check.since) : nlohmann::ordered_json(nullptr);
        body["checks"].push_back(std::move(entry));
    }
    http::Response response = http::Response::json(ready ? 200 : 503, body.dump());
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

}  // namespace poller
