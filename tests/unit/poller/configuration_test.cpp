#include "poller/config/configuration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "poller/errors.hpp"

namespace poller {
namespace {

using Variables = std::map<std::string, std::string>;

[[nodiscard]] Configuration read(const Variables &variables) { return read_configuration(Environment(variables)); }

[[nodiscard]] std::string refusal(const Variables &variables) {
    try {
        static_cast<void>(read(variables));
    } catch (const ConfigError &error) {
        return error.what();
    }
    return "accepted";
}

[[nodiscard]] const SettingInForce &setting(const Configuration &configuration, std::string_view name) {
    return *std::find_if(configuration.in_force.begin(), configuration.in_force.end(),
                         [name](const SettingInForce &each) { return each.rule->name == name; });
}

class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view content)
        : path_(testing::TempDir() + "poller_setting_" + std::to_string(++count_)) {
        std::ofstream(path_) << content;
    }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    ~TemporaryFile() { std::filesystem::remove(path_); }

    [[nodiscard]] const std::string &path() const { return path_; }
    void write(std::string_view content) const { std::ofstream(path_) << content; }

private:
    static inline int count_ = 0;
    std::string path_;
};

TEST(Configuration, HasDefaults) {
    const Configuration configuration = read({});
    EXPECT_EQ(configuration.settings.http_port, 8000);
    EXPECT_EQ(configuration.settings.http_address, "127.0.0.1");
    EXPECT_EQ(configuration.settings.monday_api_url, "https://api.monday.com/v2");
    EXPECT_EQ(configuration.settings.lease, std::chrono::seconds(60));
    EXPECT_FALSE(configuration.settings.snapshot_retention_days.has_value());
    EXPECT_EQ(setting(configuration, "WEBHOOK_PORT").source, "default");
    EXPECT_TRUE(configuration.warnings.empty());
    EXPECT_EQ(configuration.in_force.size(), setting_rules().size());
}

TEST(Configuration, EveryDefaultIsAllowed) {
    for (const SettingRule &rule : setting_rules()) {
        if (!rule.standard.empty()) {
            Settings settings;
            EXPECT_NO_THROW(rule.apply(settings, std::string(rule.standard))) << rule.name;
        }
    }
}

TEST(Configuration, TakesValuesFromTheEnvironment) {
    const Configuration configuration = read({{"WEBHOOK_PORT", "9000"},
                                              {"MONDAY_SYNC_DRY_RUN", "Yes"},
                                              {"POLLER_JOB_CONCURRENCY", "analyze=2, refresh=1"},
                                              {"FORECAST_SNAPSHOT_RETENTION_DAYS", "365"},
                                              {"WEBHOOK_AUTH", "hmac"},
                                              {"WEBHOOK_SECRET", "0123456789abcdef,fedcba9876543210"}});
    EXPECT_EQ(configuration.settings.http_port, 9000);
    EXPECT_TRUE(configuration.settings.monday_sync_dry_run);
    EXPECT_EQ(configuration.settings.job_concurrency, (std::map<std::string, int>{{"analyze", 2}, {"refresh", 1}}));
    EXPECT_EQ(configuration.settings.snapshot_retention_days, 365);
    EXPECT_EQ(configuration.settings.webhook_auth, WebhookAuth::kHmac);
    EXPECT_EQ(configuration.settings.webhook_secrets,
              (std::vector<std::string>{"0123456789abcdef", "fedcba9876543210"}));
    EXPECT_EQ(setting(configuration, "WEBHOOK_PORT").source, "environment");
}

TEST(Configuration, AnEmptyVariableIsNotSet) { EXPECT_EQ(read({{"WEBHOOK_PORT", ""}}).settings.http_port, 8000); }

TEST(Configuration, NamesEveryWrongValueWithItsSourceAndWhatIsAllowed) {
    const std::string text = refusal({{"WEBHOOK_PORT", "80000"},
                                      {"WEBHOOK_AUTH", "basic"},
                                      {"MONDAY_API_URL", "ftp://example.org"},
                                      {"MONDAY_API_VERSION", "2026"},
                                      {"POLLER_ADDRESS", "localhost"},
                                      {"MONDAY_SYNC_DRY_RUN", "maybe"},
                                      {"POLLER_JOB_CONCURRENCY", "analyze"}});
    EXPECT_NE(
        text.find(
            "WEBHOOK_PORT (environment) has the invalid value \"80000\"; allowed: a whole number from 0 to 65535"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find("WEBHOOK_AUTH (environment) has the invalid value \"basic\"; allowed: one of jwt, token, hmac"),
              std::string::npos);
    for (const char *name :
         {"MONDAY_API_URL", "MONDAY_API_VERSION", "POLLER_ADDRESS", "MONDAY_SYNC_DRY_RUN", "POLLER_JOB_CONCURRENCY"}) {
        EXPECT_NE(text.find(name), std::string::npos) << name;
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6) << "one line each";
}

TEST(Configuration, DoesNotRepeatAWrongSecret) {
    const std::string text =
        refusal({{"WEBHOOK_SECRET", "tooshort"}, {"DATABASE_URL", "postgresql://u:hunter22@[h/db"}});
    EXPECT_EQ(text.find("tooshort"), std::string::npos) << text;
    EXPECT_EQ(text.find("hunter22"), std::string::npos) << text;
    EXPECT_NE(text.find("at least 16 characters"), std::string::npos);
    EXPECT_NE(text.find("postgresql://user@host:port/database"), std::string::npos);
}

TEST(Configuration, ADatabaseSettingThatIsWrongOnlyWarns) {
    const Configuration configuration = read({{"FORECAST_SNAPSHOT_CRON_HOUR_UTC", "24"}});
    EXPECT_FALSE(configuration.settings.snapshot_cron_hour_utc.has_value());
    ASSERT_EQ(configuration.warnings.size(), 1U);
    EXPECT_EQ(
        configuration.warnings[0],
        "FORECAST_SNAPSHOT_CRON_HOUR_UTC (environment) has the invalid value \"24\"; allowed: a whole number from 0 to "
        "23; the value in the database stays");
}

TEST(Configuration, WarnsOfVariablesThatAreNoSettings) {
    const Configuration configuration =
        read({{"WEBHOOK_PROT", "9000"}, {"POLLER_URL", "http://127.0.0.1:8000"}, {"HOME", "/"}});
    ASSERT_EQ(configuration.warnings.size(), 1U);
    EXPECT_NE(configuration.warnings[0].find("WEBHOOK_PROT"), std::string::npos);
}

TEST(Configuration, ReadsSecretsFromFiles) {
    const TemporaryFile file("a token of monday\n");
    const Configuration configuration = read({{"MONDAY_API_KEY_FILE", file.path()}});
    EXPECT_EQ(configuration.settings.monday_api_key, "a token of monday");
    EXPECT_EQ(setting(configuration, "MONDAY_API_KEY").source, file.path() + " (MONDAY_API_KEY_FILE)");
    EXPECT_EQ(setting(configuration, "MONDAY_API_KEY").shown(), "***");
    EXPECT_NE(refusal({{"MONDAY_API_KEY_FILE", file.path()}, {"MONDAY_API_KEY", "x"}}).find("both set"),
              std::string::npos);
    EXPECT_NE(refusal({{"MONDAY_API_KEY_FILE", "/nowhere/key"}}).find("could not read file \"/nowhere/key\""),
              std::string::npos);
    file.write("\n");
    EXPECT_NE(refusal({{"MONDAY_API_KEY_FILE", file.path()}}).find("is empty"), std::string::npos);
}

TEST(Configuration, ShowsADatabaseWithoutItsPassword) {
    const Configuration configuration =
        read({{"DATABASE_URL", "postgresql://app:opensesame@db.example.org:5433/sales"}});
    const std::string shown = setting(configuration, "DATABASE_URL").shown();
    EXPECT_EQ(shown.find("opensesame"), std::string::npos);
    EXPECT_NE(shown.find("host=db.example.org"), std::string::npos);
    EXPECT_NE(shown.find("dbname=sales"), std::string::npos);
}

TEST(Configuration, ReloadTakesOverWhatMayChange) {
    const Configuration running = read({{"POLLER_LOG_LEVEL", "info"}, {"WEBHOOK_PORT", "8000"}});
    const Reloaded reloaded = reload_configuration(
        running,
        Environment(Variables{{"POLLER_LOG_LEVEL", "debug"}, {"WEBHOOK_PORT", "9000"}, {"OPENAI_MODEL", "m"}}));
    EXPECT_EQ(reloaded.changed, (std::vector<std::string>{"OPENAI_MODEL", "POLLER_LOG_LEVEL"}));
    EXPECT_EQ(reloaded.need_restart, (std::vector<std::string>{"WEBHOOK_PORT"}));
    EXPECT_EQ(reloaded.configuration.settings.http_port, 8000);
    EXPECT_EQ(reloaded.configuration.settings.log_level, log::Level::kDebug);
    EXPECT_EQ(setting(reloaded.configuration, "WEBHOOK_PORT").text, "8000");
    EXPECT_THROW(static_cast<void>(reload_configuration(running, Environment(Variables{{"POLLER_LOG_LEVEL", "loud"}}))),
                 ConfigError);
}

TEST(WebhookAuthentication, IsRequired) {
    const auto check = [](const Variables &variables) { require_webhook_authentication(read(variables).settings); };
    EXPECT_THROW(check({}), ConfigError);
    EXPECT_THROW(check({{"WEBHOOK_AUTH", "token"}}), ConfigError);
    EXPECT_NO_THROW(check({{"WEBHOOK_AUTH", "token"}, {"WEBHOOK_SECRET", "0123456789abcdef"}}));
    Settings open;
    open.webhook_auth = WebhookAuth::kNone;
    EXPECT_NO_THROW(require_webhook_authentication(open));
}

}  // namespace
}  // namespace poller
