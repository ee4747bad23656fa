#include "poller/config/configuration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "poller/config/parse.hpp"
#include "poller/db/conninfo.hpp"
#include "poller/errors.hpp"

namespace poller {
namespace {

// Variables of these families that no rule knows are most likely misspelt.
constexpr std::array<std::string_view, 5> kOwnPrefixes = {"POLLER_", "WEBHOOK_", "MONDAY_", "FORECAST_SNAPSHOT_",
                                                          "DATABASE_URL"};
// Set by `make run` for scripts that want to know where the server is.
constexpr std::string_view kServerUrl = "POLLER_URL";

[[nodiscard]] SettingInForce find_value(const SettingRule &rule, const Environment &environment) {
    const Environment::Entry *direct = environment.find(rule.name);
    const std::string file_name = fmt::format("{}_FILE", rule.name);
    const Environment::Entry *file = rule.secret ? environment.find(file_name) : nullptr;
    if (direct != nullptr && file != nullptr) {
        throw ConfigError(fmt::format("{} ({}) and {} ({}) are both set; only one is allowed", rule.name,
                                      direct->source, file_name, file->source));
    }
    if (file != nullptr) {
        std::string secret = read_secret_file(file->value);
        if (secret.empty()) {
            throw ConfigError(
                fmt::format("file \"{}\", which {} ({}) names, is empty", file->value, file_name, file->source));
        }
        return {&rule, std::move(secret), fmt::format("{} ({})", file->value, file_name)};
    }
    if (direct != nullptr) {
        return {&rule, direct->value, direct->source};
    }
    return {&rule, std::string(rule.standard), "default"};
}

void mask_secrets(const SettingInForce &setting) {
    if (!setting.rule->secret) {
        return;
    }
    if (setting.rule->name == "DATABASE_URL") {
        if (const auto password = db::conninfo_password(setting.text)) {
            log::mask(*password);
        }
        return;
    }
    log::mask(setting.text);
    // Some hold several, each of which may turn up alone.
    for (std::size_t start = 0, end = 0; end != std::string::npos; start = end + 1) {
        end = setting.text.find(',', start);
        log::mask(trim(std::string_view(setting.text).substr(start, end - start)));
    }
}

[[nodiscard]] std::vector<std::string> unknown_variables(const Environment &environment) {
    std::vector<std::string> warnings;
    // No structured binding: clang 14 lets no lambda capture one.
    for (const auto &variable : environment.entries()) {
        const std::string &name = variable.first;
        const bool ours = std::any_of(kOwnPrefixes.begin(), kOwnPrefixes.end(),
                                      [&name](std::string_view prefix) { return name.starts_with(prefix); });
        const bool known =
            name == kServerUrl ||
            std::any_of(setting_rules().begin(), setting_rules().end(), [&name](const SettingRule &rule) {
                return name == rule.name || (rule.secret && name == fmt::format("{}_FILE", rule.name));
            });
        if (ours && !known) {
            warnings.push_back(fmt::format("{} ({}) is not a setting; `pipeline-poller config` lists them", name,
                                           variable.second.source));
        }
    }
    return warnings;
}

}  // namespace

std::string SettingInForce::shown() const {
    if (!rule->secret || text.empty()) {
        return text;
    }
    return rule->name == "DATABASE_URL" ? db::conninfo_without_password(text) : "***";
}

namespace {

// A secret in a file that every user of the machine may read.
[[nodiscard]] std::optional<std::string> public_secret(const SettingInForce &setting, const Environment &environment) {
    if (!setting.rule->secret || (setting.rule->name == "DATABASE_URL" && !db::conninfo_password(setting.text))) {
        return std::nullopt;
    }
    const Environment::Entry *direct = environment.find(setting.rule->name);
    const Environment::Entry *file = environment.find(fmt::format("{}_FILE", setting.rule->name));
    if ((direct == nullptr || !direct->is_public) && (file == nullptr || !is_public_file(file->value))) {
        return std::nullopt;
    }
    return fmt::format("{} ({}) is a secret, and every user of this machine may read its file; chmod 600 keeps it",
                       setting.rule->name, setting.source);
}

}  // namespace

Configuration read_configuration(const Environment &environment) {
    Configuration result;
    std::vector<std::string> problems;
    for (const SettingRule &rule : setting_rules()) {
        try {
            SettingInForce setting = find_value(rule, environment);
            mask_secrets(setting);
            if (!setting.text.empty()) {
                try {
                    rule.apply(result.settings, setting.text);
                } catch (const InvalidValue &allowed) {
                    std::string problem = rule.secret
                                              ? fmt::format("{} ({}) has an invalid value; allowed: {}", rule.name,
                                                            setting.source, allowed.what())
                                              : fmt::format("{} ({}) has the invalid value \"{}\"; allowed: {}",
                                                            rule.name, setting.source, setting.text, allowed.what());
                    if (rule.wrong == SettingRule::Wrong::kRefuse) {
                        throw ConfigError(problem);
                    }
                    result.passed_over.push_back(problem);
                    result.warnings.push_back(problem + "; the value in the database stays");
                    setting = {&rule, std::string(rule.standard), "default"};
                }
            }
            if (auto warning = public_secret(setting, environment)) {
                result.warnings.push_back(std::move(*warning));
            }
            result.in_force.push_back(std::move(setting));
        } catch (const ConfigError &error) {
            problems.emplace_back(error.what());
        }
    }
    if (!problems.empty()) {
        throw ConfigError(fmt::format("{}", fmt::join(problems, "\n")));
    }
    std::vector<std::string> unknown = unknown_variables(environment);
    result.warnings.insert(result.warnings.end(), unknown.begin(), unknown.end());
    return result;
}

Reloaded reload_configuration(const Configuration &running, const Environment &environment) {
    Reloaded result{read_configuration(environment), {}, {}};
    if (const auto &wrong = result.configuration.passed_over; !wrong.empty()) {
        throw ConfigError(fmt::format("{}", fmt::join(wrong, "\n")));
    }
    for (std::size_t i = 0; i < running.in_force.size(); ++i) {
        const SettingInForce &former = running.in_force[i];
        SettingInForce &current = result.configuration.in_force[i];
        if (former.text == current.text) {
            continue;
        }
        if (former.rule->change == SettingRule::Change::kReload) {
            result.changed.emplace_back(former.rule->name);
            continue;
        }
        result.need_restart.emplace_back(former.rule->name);
        current = former;
    }
    // Anew from texts, so that a setting that has to wait for a restart has its former value.
    Settings settings;
    for (const SettingInForce &setting : result.configuration.in_force) {
        if (!setting.text.empty()) {
            setting.rule->apply(settings, setting.text);
        }
    }
    result.configuration.settings = std::move(settings);
    return result;
}

void require_webhook_authentication(const Settings &settings) {
    if (settings.webhook_auth == WebhookAuth::kNone) {
        return;
    }
    if (settings.webhook_auth == WebhookAuth::kUnset) {
        throw ConfigError(
            "WEBHOOK_AUTH is not set; allowed: jwt, token or hmac, with WEBHOOK_SECRET (on a laptop: "
            "serve --insecure-no-auth)");
    }
    if (settings.webhook_secrets.empty()) {
        throw ConfigError(
            "WEBHOOK_AUTH needs WEBHOOK_SECRET or WEBHOOK_SECRET_FILE; allowed: secrets of at least 16 "
            "characters, separated by commas");
    }
}

}  // namespace poller
