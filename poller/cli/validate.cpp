// pipeline-poller validate: do the stored numbers agree with the rules. 0 all passed, 1 violations, 2 nothing to check.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/table.hpp"
#include "poller/errors.hpp"

namespace poller::cli {
namespace {

// A relation or function that is not there, or tables that no pipeline_setup() has made.
[[nodiscard]] bool is_missing(const Error &error) {
    return error.sqlstate() == "42P01" || error.sqlstate() == "42883" || error.sqlstate() == "55000";
}

[[nodiscard]] awaitable<int> validate(db::Connection &database, bool json) {
    const db::Result checks = co_await database.execute(
        "SELECT CASE WHEN passed THEN 'PASS' ELSE 'FAIL' END AS result, check_name, violations, sample"
        " FROM validate_pipeline_forecast()");
    fmt::print("{}", json ? json_rows(checks) : text_table(checks));
    for (const db::Row check : checks) {
        if (check["result"].text() == "FAIL") {
            co_return 1;
        }
    }
    co_return 0;
}

}  // namespace

void add_validate(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand(
        "validate", "Check the stored numbers against the rules; exits with 1 where one does not hold");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "as JSON");
    command->callback([&line, json] {
        line.chosen = [&line, json] {
            try {
                return with_database(line.context,
                                     [json](db::Connection &database) { return validate(database, *json); });
            } catch (const Error &error) {
                if (!is_missing(error)) {
                    throw;
                }
                throw ConfigError(error.what() + (error.hint().empty() ? "" : "\nhint: " + error.hint()));
            }
        };
    });
}

}  // namespace poller::cli
