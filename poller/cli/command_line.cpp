#include "poller/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <system_error>

#include "poller/cli/commands.hpp"
#include "poller/cli/unknown_command.hpp"
#include "poller/errors.hpp"

namespace poller::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;
constexpr std::string_view kInsufficientPrivilege = "42501";
// A value of the command line that the database refuses: NULL, out of range, no number, no date, none of those allowed.
constexpr std::array<std::string_view, 6> kWrongValue = {"22004", "22003", "22007", "22008", "22023", "22P02"};

void complain(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        fmt::print(stderr, "pipeline-poller: {}\n", line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
}

[[nodiscard]] int not_written(int reason) {
    complain(fmt::format("could not write to the standard output: {}", std::strerror(reason)));
    return kFailed;
}

// What was printed is not told before it is written, and a disk may be full.
[[nodiscard]] int written(int status) {
    std::cout.flush();
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout) {
        return status;
    }
    return not_written(errno);
}

}  // namespace

Environment Context::environment() const {
    Environment environment = Environment::of_process();
    if (!env_file.empty()) {
        environment.add_file(env_file);
    }
    return environment;
}

Configuration Context::configuration() const {
    Configuration configuration = read_configuration(environment());
    log::set_level(configuration.settings.log_level);
    for (const std::string &warning : configuration.warnings) {
        log::warning("configuration", {{"warning", warning}});
    }
    return configuration;
}

int run(int count, char **words) {
    CLI::App program{"Carries work between the pipeline's database and the outside world.", "pipeline-poller"};
    program.set_version_flag("--version", "pipeline-poller " PIPELINE_FORECAST_VERSION);
    program.require_subcommand(1);
    program.footer("Settings come from the environment: `pipeline-poller config` lists them.");
    CommandLine line{program, {}, {}};
    program
        .add_option("--env-file", line.context.env_file,
                    "file of NAME=value lines; the environment wins over it, SIGHUP reads it again")
        ->type_name("FILE");
    add_serve(line);
    add_run_once(line);
    add_status(line);
    add_config(line);
    add_boards(line);
    add_webhooks(line);
    add_rehydrate(line);
    add_history(line);
    add_analyze(line);
    add_backfill_llm(line);
    add_push(line);
    add_import(line);
    add_refresh(line);
    add_snapshot(line);
    add_cleanup_snapshots(line);
    add_validate(line);
    add_backtest(line);
    add_powerbi(line);
    add_keys(line);
    try {
        program.parse(count, words);
    } catch (const CLI::ParseError &error) {
        if (error.get_exit_code() == 0) {
            program.exit(error);
            return written(0);
        }
        if (const auto unknown = unknown_command(program, count, words)) {
            complain(*unknown);
        } else {
            program.exit(error);
        }
        return kWrongUse;
    }
    try {
        return written(line.chosen());
    } catch (const ConfigError &error) {
        complain(error.what());
        if (!error.hint().empty()) complain("hint: " + error.hint());
        return kWrongUse;
    } catch (const Error &error) {
        complain(error.what());
        if (!error.detail().empty()) {
            complain("detail: " + error.detail());
        }
        if (!error.hint().empty()) {
            complain("hint: " + error.hint());
        } else if (error.sqlstate() == kInsufficientPrivilege) {
            complain(
                "hint: a DBA gives rights with SELECT pipeline.grant_forecast_reader('role') for reports, or"
                " pipeline.grant_pipeline_poller('role') for all that the poller does");
        }
        return std::find(kWrongValue.begin(), kWrongValue.end(), error.sqlstate()) == kWrongValue.end() ? kFailed
                                                                                                        : kWrongUse;
    } catch (const std::system_error &error) {
        if (std::ferror(stdout) != 0) {
            return not_written(error.code().value());
        }
        complain(error.what());
        return kFailed;
    } catch (const std::exception &error) {
        complain(error.what());
        return kFailed;
    }
}

}  // namespace poller::cli
