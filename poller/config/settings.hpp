// All settings of the poller. A new one is a member here and a row in settings.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "poller/log/log.hpp"

namespace poller {

enum class WebhookAuth { kUnset, kJwt, kToken, kHmac, kNone };

struct Settings {
    std::string database_url;  // empty: libpq's own variables (PGHOST and so on)
    int database_connections = 0;

    std::string monday_api_key;
    std::string monday_api_url;
    std::string monday_api_version;
    std::string monday_webhook_url;
    bool monday_sync_dry_run = false;

    WebhookAuth webhook_auth = WebhookAuth::kUnset;
    std::vector<std::string> webhook_secrets;
    std::chrono::seconds webhook_jwt_leeway{};

    std::string http_address;
    int http_port = 0;
    int http_connections = 0;
    bool http_behind_proxy = false;
    std::vector<std::string> cors_origins;
    std::chrono::seconds ready_queue_lag{};
    std::chrono::seconds ready_board_age{};

    std::string llm_provider;  // empty: the first that is configured
    std::string llm_schema_mode;
    int llm_max_output_tokens = 0;
    std::optional<double> llm_temperature;
    std::chrono::seconds llm_timeout{};
    std::string gemini_api_key;
    std::string gemini_model;
    std::string gemini_base_url;
    std::string openai_api_key;
    std::string openai_model;
    std::string openai_base_url;
    std::string openai_api;  // chat, responses
    std::string anthropic_api_key;
    std::string anthropic_model;
    std::string anthropic_base_url;

    // Kept by the database; unset ones are left as they are there.
    std::optional<int> snapshot_retention_days;
    std::optional<int> snapshot_cron_hour_utc;
    std::optional<int> snapshot_cron_minute_utc;
    std::optional<int> webhook_retention_days;

    std::vector<std::string> job_types;          // empty: all
    std::map<std::string, int> job_concurrency;  // job types that are not named keep their own
    std::chrono::seconds lease{};
    std::chrono::seconds shutdown_grace{};
    log::Level log_level = log::Level::kInfo;
};

// What a setting is called, means and allows, and how its text becomes a member of Settings.
struct SettingRule {
    enum class Change { kRestart, kReload };
    // Where a wrong value ends: the program does not start, or the default stays and a warning says so.
    enum class Wrong { kRefuse, kWarn };

    std::string_view name;
    std::string_view meaning;
    std::string_view standard;  // the default as text; empty: none
    bool secret;
    Change change;
    Wrong wrong;
    // Throws InvalidValue with what is allowed.
    std::function<void(Settings &, const std::string &)> apply;
};

[[nodiscard]] const std::vector<SettingRule> &setting_rules();

}  // namespace poller
