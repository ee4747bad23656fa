// pipeline-poller keys: who may use the REST interface. A key is shown once, when it is made; only its hash is stored.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "poller/api/key.hpp"
#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/table.hpp"

namespace poller::cli {
namespace {

void add_add(CommandLine &line, CLI::App &keys) {
    struct Options {
        std::string name;
        std::vector<std::string> scopes;
        bool json = false;
    };
    CLI::App *command = keys.add_subcommand("add", "Make a key and print it, this once");
    auto options = std::make_shared<Options>();
    command->add_option("NAME", options->name, "who will use it")->required();
    command->add_option("--scope", options->scopes, "read (forecasts), run (analyses), admin (all); may be repeated")
        ->required()
        ->check(CLI::IsMember({"read", "run", "admin"}));
    command->add_flag("--json", options->json, "number, name and key as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context, [options](db::Connection &database) -> awaitable<int> {
                const std::string key = make_api_key();
                const std::string hash = api_key_hash(key);
                const db::Result added =
                    co_await database.execute("SELECT add_api_key($1, $2, $3::bytea) AS key_id, $1 AS name, $4 AS key",
                                              db::params(options->name, options->scopes, hash, key));
                fmt::print("{}", options->json ? json_rows(added) : key + "\n");
                co_return 0;
            });
        };
    });
}

void add_list(CommandLine &line, CLI::App &keys) {
    CLI::App *command = keys.add_subcommand("list", "Show the keys: number, name, scopes, when used last");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "as JSON");
    command->callback([&line, json] {
        line.chosen = [&line, json] {
            return with_database(line.context, [json](db::Connection &database) -> awaitable<int> {
                const db::Result rows = co_await database.execute(
                    "SELECT key_id, name, array_to_string(scopes, ' ') AS scopes, created_at, last_used_at, revoked_at"
                    " FROM api_key ORDER BY key_id");
                fmt::print("{}", *json ? json_rows(rows) : rows.empty() ? "no keys yet\n" : text_table(rows));
                co_return 0;
            });
        };
    });
}

void add_revoke(CommandLine &line, CLI::App &keys) {
    CLI::App *command = keys.add_subcommand("revoke", "End a key; requests with it are refused from now on");
    struct Options {
        std::int64_t number = 0;
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    command->add_option("KEY_ID", options->number, "as `keys list` shows it")->required();
    command->add_flag("--json", options->json, "as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context, [options](db::Connection &database) -> awaitable<int> {
                co_await database.execute("SELECT revoke_api_key($1)", db::params(options->number));
                const db::Result revoked = co_await database.execute(
                    "SELECT key_id, name, revoked_at FROM api_key WHERE key_id = $1", db::params(options->number));
                if (options->json) {
                    fmt::print("{}", json_rows(revoked));
                } else {
                    fmt::print("key {} is revoked\n", options->number);
                }
                co_return 0;
            });
        };
    });
}

}  // namespace

void add_keys(CommandLine &line) {
    CLI::App *keys = line.program.add_subcommand("keys", "Manage the keys of the REST interface");
    keys->require_subcommand(1);
    add_add(line, *keys);
    add_list(line, *keys);
    add_revoke(line, *keys);
}

}  // namespace poller::cli
