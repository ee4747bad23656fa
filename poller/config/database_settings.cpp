#include "poller/config/database_settings.hpp"

#include <nlohmann/json.hpp>

#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller {
namespace {

[[nodiscard]] nlohmann::json wanted(const Settings &settings) {
    nlohmann::json result = nlohmann::json::object();
    const auto add = [&result](const char *name, const std::optional<int> &value) {
        if (value) {
            result[name] = *value;
        }
    };
    add("snapshot_retention_days", settings.snapshot_retention_days);
    add("snapshot_cron_hour_utc", settings.snapshot_cron_hour_utc);
    add("snapshot_cron_minute_utc", settings.snapshot_cron_minute_utc);
    add("webhook_retention_days", settings.webhook_retention_days);
    return result;
}

}  // namespace

awaitable<void> apply_database_settings(db::Pool &database, const Settings &settings) {
    const nlohmann::json values = wanted(settings);
    if (values.empty()) {
        co_return;
    }
    try {
        const db::Result changes = co_await database.query(
            "SELECT setting, former, value, action FROM configure_pipeline($1)", db::params(values.dump()));
        for (const db::Row change : changes) {
            if (change[3].text() != "unchanged") {
                log::info("database setting", {{"setting", change[0].text()},
                                               {"action", change[3].text()},
                                               {"former", change[1].text()},
                                               {"value", change[2].text()}});
            }
        }
    } catch (const PermanentError &error) {
        log::warning("settings not passed on to the database, whose own stay",
                     {{"settings", values.dump()}, {"error", error.what()}, {"hint", error.hint()}});
    }
}

}  // namespace poller
