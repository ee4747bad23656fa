#include "poller/config/settings.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

#include <charconv>

#include "poller/config/parse.hpp"
#include "poller/db/conninfo.hpp"

namespace poller {
namespace {

using Apply = std::function<void(Settings &, const std::string &)>;

[[nodiscard]] Apply text(std::string Settings::*member) {
    return [member](Settings &settings, const std::string &value) { settings.*member = trim(value); };
}

[[nodiscard]] Apply url(std::string Settings::*member) {
    return [member](Settings &settings, const std::string &value) { settings.*member = parse_http_url(value); };
}

template <typename Number>
[[nodiscard]] Apply number(Number Settings::*member, int least, int greatest) {
    return [=](Settings &settings, const std::string &value) {
        settings.*member = Number(parse_whole_number(value, least, greatest));
    };
}

[[nodiscard]] Apply flag(bool Settings::*member) {
    return [member](Settings &settings, const std::string &value) { settings.*member = parse_switch(value); };
}

template <typename Choice>
[[nodiscard]] Apply choice(Choice Settings::*member, std::vector<std::pair<std::string_view, Choice>> choices) {
    return [member, choices = std::move(choices)](Settings &settings, const std::string &value) {
        std::string allowed;
        for (const auto &[word, meaning] : choices) {
            if (word == trim(value)) {
                settings.*member = meaning;
                return;
            }
            allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", word);
        }
        throw InvalidValue("one of " + allowed);
    };
}

void apply_database_url(Settings &settings, const std::string &value) {
    if (const auto problem = db::conninfo_problem(value)) {
        throw InvalidValue(
            fmt::format("postgresql://user@host:port/database or libpq's key=value pairs ({})", *problem));
    }
    settings.database_url = value;
}

void apply_address(Settings &settings, const std::string &value) {
    boost::system::error_code error;
    boost::asio::ip::make_address(std::string(trim(value)), error);
    if (error) {
        throw InvalidValue("an IP address, for example 127.0.0.1, ::1 or 0.0.0.0");
    }
    settings.http_address = trim(value);
}

void apply_temperature(Settings &settings, const std::string &value) {
    const std::string_view text = trim(value);
    double temperature = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), temperature);
    if (error != std::errc{} || stop != text.data() + text.size() || !(temperature >= 0 && temperature <= 2)) {
        throw InvalidValue("a number from 0 to 2");
    }
    settings.llm_temperature = temperature;
}

[[nodiscard]] std::vector<SettingRule> make_rules() {
    using namespace std::string_literals;
    using enum SettingRule::Change;
    using enum SettingRule::Wrong;
    using Auth = WebhookAuth;
    return {
        {"DATABASE_URL", "database; without it libpq's PGHOST, PGDATABASE, … count", "", true, kRestart, kRefuse,
         apply_database_url},
        {"POLLER_DATABASE_CONNECTIONS", "connections for jobs, and as many for reports", "6", false, kRestart, kRefuse,
         number(&Settings::database_connections, 1, 100)},

        {"MONDAY_API_KEY", "token of the monday.com API", "", true, kReload, kRefuse, text(&Settings::monday_api_key)},
        {"MONDAY_API_URL", "address of the monday.com API", "https://api.monday.com/v2", false, kRestart, kRefuse,
         url(&Settings::monday_api_url)},
        {"MONDAY_API_VERSION", "version of the monday.com API", "2026-10", false, kRestart, kRefuse,
         [](Settings &settings, const std::string &value) { settings.monday_api_version = parse_year_month(value); }},
        {"MONDAY_WEBHOOK_URL", "public address of /webhooks/monday, for registering webhooks", "", false, kReload,
         kRefuse, url(&Settings::monday_webhook_url)},
        {"MONDAY_SYNC_DRY_RUN", "1: nothing is written to monday.com", "0", false, kReload, kRefuse,
         flag(&Settings::monday_sync_dry_run)},

        {"WEBHOOK_AUTH", "how webhooks prove their origin", "", false, kRestart, kRefuse,
         choice(&Settings::webhook_auth, {{"jwt", Auth::kJwt}, {"token", Auth::kToken}, {"hmac", Auth::kHmac}})},
        {"WEBHOOK_SECRET", "secret of webhooks; two, separated by a comma, while one is rotated", "", true, kReload,
         kRefuse,
         [](Settings &settings, const std::string &value) { settings.webhook_secrets = parse_secrets(value, 16); }},
        {"WEBHOOK_JWT_LEEWAY_SECONDS", "how far the clock of who signs a token may be off", "60", false, kReload,
         kRefuse, number(&Settings::webhook_jwt_leeway, 0, 3600)},
        {"WEBHOOK_PORT", "port of the HTTP server; 0 takes any free one", "8000", false, kRestart, kRefuse,
         number(&Settings::http_port, 0, 65535)},
        {"POLLER_ADDRESS", "address of the HTTP server", "127.0.0.1", false, kRestart, kRefuse, apply_address},
        {"POLLER_HTTP_CONNECTIONS", "connections served at a time; more are told to come back", "1024", false, kRestart,
         kRefuse, number(&Settings::http_connections, 1, 100000)},
        {"POLLER_BEHIND_PROXY", "1: a reverse proxy sets X-Forwarded-For, whose last address is the client's", "0",
         false, kRestart, kRefuse, flag(&Settings::http_behind_proxy)},
        {"POLLER_CORS_ORIGINS", "origins whose pages may read reports, separated by commas; none if empty", "", false,
         kRestart, kRefuse,
         [](Settings &settings, const std::string &value) { settings.cors_origins = parse_origins(value); }},
        {"POLLER_READY_QUEUE_LAG_SECONDS", "how long a due job may wait before that is bad", "600", false, kRestart,
         kRefuse, number(&Settings::ready_queue_lag, 1, 1000000)},
        {"POLLER_READY_BOARD_AGE_SECONDS", "how long ago a board may have been read before that is bad", "10800", false,
         kRestart, kRefuse, number(&Settings::ready_board_age, 1, 10000000)},

        {"LLM_PROVIDER", "language model that explains: gemini, openai or anthropic; else the first with key and model",
         "", false, kReload, kRefuse,
         choice(&Settings::llm_provider, {{"gemini", "gemini"s}, {"openai", "openai"s}, {"anthropic", "anthropic"s}})},
        {"LLM_SCHEMA_MODE", "how the model is held to the schema: strict, plain (older means), none (prompt alone)",
         "strict", false, kReload, kRefuse,
         choice(&Settings::llm_schema_mode, {{"strict", "strict"s}, {"plain", "plain"s}, {"none", "none"s}})},
        {"LLM_MAX_OUTPUT_TOKENS", "most tokens of an answer, hidden reasoning included", "4000", false, kReload,
         kRefuse, number(&Settings::llm_max_output_tokens, 100, 1'000'000)},
        {"LLM_TEMPERATURE", "0 to 2; not sent if unset, since some models refuse it", "", false, kReload, kRefuse,
         apply_temperature},
        {"LLM_TIMEOUT_SECONDS", "longest time for an answer", "120", false, kReload, kRefuse,
         number(&Settings::llm_timeout, 1, 3600)},
        {"GEMINI_API_KEY", "key of the Gemini API", "", true, kReload, kRefuse, text(&Settings::gemini_api_key)},
        {"GEMINI_MODEL", "model of the Gemini API", "", false, kReload, kRefuse, text(&Settings::gemini_model)},
        {"GEMINI_BASE_URL", "address of the Gemini API", "https://generativelanguage.googleapis.com/v1beta", false,
         kReload, kRefuse, url(&Settings::gemini_base_url)},
        {"OPENAI_API_KEY", "key of the OpenAI API, or of a server that speaks it", "", true, kReload, kRefuse,
         text(&Settings::openai_api_key)},
        {"OPENAI_MODEL", "model of the OpenAI API", "", false, kReload, kRefuse, text(&Settings::openai_model)},
        {"OPENAI_BASE_URL", "address of the OpenAI API", "https://api.openai.com/v1", false, kRestart, kRefuse,
         url(&Settings::openai_base_url)},
        {"OPENAI_API", "which of its interfaces: chat (completions) or responses", "chat", false, kReload, kRefuse,
         choice(&Settings::openai_api, {{"chat", "chat"s}, {"responses", "responses"s}})},
        {"ANTHROPIC_API_KEY", "key of the Anthropic API", "", true, kReload, kRefuse,
         text(&Settings::anthropic_api_key)},
        {"ANTHROPIC_MODEL", "model of the Anthropic API", "", false, kReload, kRefuse,
         text(&Settings::anthropic_model)},
        {"ANTHROPIC_BASE_URL", "address of the Anthropic API", "https://api.anthropic.com/v1", false, kReload, kRefuse,
         url(&Settings::anthropic_base_url)},

        {"FORECAST_SNAPSHOT_RETENTION_DAYS", "days for which snapshots are kept (set in the database: 730)", "", false,
         kReload, kWarn, number(&Settings::snapshot_retention_days, 1, 36500)},
        {"FORECAST_SNAPSHOT_CRON_HOUR_UTC", "hour of the daily snapshot (set in the database: 3)", "", false, kReload,
         kWarn, number(&Settings::snapshot_cron_hour_utc, 0, 23)},
        {"FORECAST_SNAPSHOT_CRON_MINUTE_UTC", "minute of the daily snapshot (set in the database: 10)", "", false,
         kReload, kWarn, number(&Settings::snapshot_cron_minute_utc, 0, 59)},
        {"WEBHOOK_PURGE_OLDER_THAN_DAYS", "days for which webhook events are kept (set in the database: 30)", "", false,
         kReload, kWarn, number(&Settings::webhook_retention_days, 1, 36500)},

        {"POLLER_JOB_TYPES", "job types that this process works, separated by commas; all if empty", "", false,
         kRestart, kRefuse,
         [](Settings &settings, const std::string &value) { settings.job_types = parse_names(value); }},
        {"POLLER_JOB_CONCURRENCY", "jobs of a type at a time in this process, for example analyze=2,refresh=1", "",
         false, kReload, kRefuse,
         [](Settings &settings, const std::string &value) { settings.job_concurrency = parse_counts(value, 1, 1000); }},
        {"POLLER_LEASE_SECONDS", "after so long without a sign of life another process takes a job over", "60", false,
         kRestart, kRefuse, number(&Settings::lease, 3, 3600)},
        {"POLLER_SHUTDOWN_SECONDS", "time that running jobs and requests have after SIGTERM", "20", false, kReload,
         kRefuse, number(&Settings::shutdown_grace, 0, 600)},
        {"POLLER_LOG_LEVEL", "least level that is logged", "info", false, kReload, kRefuse,
         choice(&Settings::log_level, {{"debug", log::Level::kDebug},
                                       {"info", log::Level::kInfo},
                                       {"warning", log::Level::kWarning},
                                       {"error", log::Level::kError}})},
    };
}

}  // namespace

const std::vector<SettingRule> &setting_rules() {
    static const std::vector<SettingRule> rules = make_rules();
    return rules;
}

}  // namespace poller
