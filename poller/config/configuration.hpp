// The settings in force: every one with its value and where that came from.
#pragma once

#include <string>
#include <vector>

#include "poller/config/environment.hpp"
#include "poller/config/settings.hpp"

namespace poller {

struct SettingInForce {
    const SettingRule *rule;
    std::string text;    // as given, or the default; empty if there is neither
    std::string source;  // "default", "environment", "/run/secrets/key (MONDAY_API_KEY_FILE)", "/etc/poller.env line 3"

    // For people: secrets masked.
    [[nodiscard]] std::string shown() const;
};

struct Configuration {
    Settings settings;
    std::vector<SettingInForce> in_force;
    std::vector<std::string> warnings;
    std::vector<std::string> passed_over;  // wrong values without which the program starts; they are among the warnings
};

// Reads all settings. A secret NAME may stand in the file that NAME_FILE names. ConfigError lists every wrong value
// with its source and what is allowed. The log masks the secrets from now on.
[[nodiscard]] Configuration read_configuration(const Environment &environment);

struct Reloaded {
    Configuration configuration;
    std::vector<std::string> changed;
    std::vector<std::string> need_restart;  // differ, and keep their former values until then
};

// What a running process takes over when its settings are read again: all of it or, with a ConfigError that lists what
// is wrong, nothing. It goes on with what it has, so no wrong value is passed over.
[[nodiscard]] Reloaded reload_configuration(const Configuration &running, const Environment &environment);

// Webhooks from anywhere change what people see: without a way to tell who sent them the server does not start.
// ConfigError if neither a mode with its secret is configured nor its absence asked for.
void require_webhook_authentication(const Settings &settings);

}  // namespace poller
