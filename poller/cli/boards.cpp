// pipeline-poller boards import|discover|check: which boards feed the pipeline, and which column holds which field.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>
#include <sstream>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/outside.hpp"
#include "poller/cli/table.hpp"
#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/monday/flows/board_check.hpp"
#include "poller/monday/related_boards.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

struct BoardsOptions {
    std::string file;
    std::string parent;
    std::string subitems;
    std::string hidden;
    bool json = false;
};
using BoardsOptionsPtr = std::shared_ptr<BoardsOptions>;

monday::Client client_of(jobs::Services services, monday::Budget &budget) {
    return {services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows};
}

// import
// ---------------------------------------------------------------------------------------------------------------

std::string read_configuration_file(const std::string &path) {
    std::ifstream file(path);
    if (!file) throw ConfigError(fmt::format("cannot read board file \"{}\"", path));
    std::stringstream text;
    text << file.rdbuf();
    if (!parse_json(text.str())) throw ConfigError(fmt::format("board file \"{}\" does not hold JSON", path));
    return text.str();
}

awaitable<int> import(db::Connection &database, BoardsOptionsPtr options) {
    const std::string configuration = read_configuration_file(options->file);
    const db::Result boards = co_await database.execute(
        "SELECT board_id AS board, columns, action FROM import_monday_boards($1::jsonb)", db::params(configuration));
    fmt::print("{}", options->json ? json_rows(boards) : text_table(boards));
    co_return 0;
}

// check
// ----------------------------------------------------------------------------------------------------------------

awaitable<int> check(jobs::Services services, BoardsOptionsPtr options) {
    monday::Budget budget(services.database);
    monday::Client client = client_of(services, budget);
    const std::vector<monday::Board> boards = co_await monday::active_boards(services.database);
    std::vector<std::string> ids;
    ids.reserve(boards.size());
    for (const monday::Board &board : boards) ids.push_back(board.id);
    const std::string actual = to_text(co_await monday::flows::read_board_settings(client, ids));
    co_await services.database.query("SELECT refresh_monday_labels($1::jsonb)", db::params(actual));
    const db::Result problems = co_await services.database.query(
        "SELECT c.board_id AS board, c.column_id AS column, c.field, c.problem FROM check_monday_boards($1::jsonb) c",
        db::params(actual));
    bool is_well = true;
    for (const db::Row row : problems) {
        const std::string_view problem = row["problem"].text();
        is_well = is_well && !problem.starts_with("missing") && !problem.starts_with("retyped");
    }
    fmt::print("{}", options->json ? json_rows(problems) : text_table(problems));
    if (!options->json && problems.empty()) fmt::print("{} boards are as they are configured\n", boards.size());
    co_return is_well ? 0 : 1;
}

// discover
// -------------------------------------------------------------------------------------------------------------

struct Found {
    const char *role;
    json board;
};

awaitable<json> board_of(monday::Client &client, std::string id) {
    const std::vector<std::string> ids{id};
    json boards = co_await monday::flows::read_board_settings(client, ids);
    if (boards.empty()) throw PermanentError(fmt::format("board {} does not exist, or the token may not read it", id));
    co_return std::move(boards.front());
}

awaitable<std::vector<Found>> find_boards(monday::Client &client, BoardsOptionsPtr options) {
    std::vector<Found> found;
    // A value first and the aggregate after it (poller/asio.hpp says why).
    json parent = co_await board_of(client, options->parent);
    found.push_back({"parent", std::move(parent)});
    std::string subitems = options->subitems;
    if (subitems.empty()) subitems = monday::related_board(found[0].board, "subtasks");
    if (subitems.empty()) co_return found;
    json subitem = co_await board_of(client, subitems);
    found.push_back({"subitem", std::move(subitem)});
    std::string hidden = options->hidden;
    if (hidden.empty()) hidden = monday::related_board(found[1].board, "board_relation");
    if (hidden.empty() || hidden == options->parent) co_return found;
    json connected = co_await board_of(client, hidden);
    found.push_back({"hidden", std::move(connected)});
    co_return found;
}

// The proposal is printed as a file for import; what stays unmapped is told beside it.
awaitable<int> discover(jobs::Services services, BoardsOptionsPtr options) {
    monday::Budget budget(services.database);
    monday::Client client = client_of(services, budget);
    const std::vector<Found> found = co_await find_boards(client, options);
    ordered_json configuration{{"boards", ordered_json::array()}};
    for (const Found &each : found) {
        const std::string columns_text = to_text(member(each.board, "columns"));
        const db::Result proposal = co_await services.database.query(
            "SELECT column_id, title, kind, field, reason FROM propose_monday_mapping($1::jsonb, $2)",
            db::params(columns_text, each.role));
        ordered_json columns = ordered_json::array();
        for (const db::Row row : proposal) {
            if (row["field"].is_null()) {
                fmt::print(stderr, "{}: column \"{}\" ({}, {}) stays unmapped: {}\n", each.role, row["title"].text(),
                           row["column_id"].text(), row["kind"].text(), row["reason"].text());
                continue;
            }
            columns.push_back({{"column_id", row["column_id"].text()},
                               {"title", row["title"].text()},
                               {"kind", row["kind"].text()},
                               {"field", row["field"].text()}});
        }
        ordered_json board{{"board_id", id_of(member(each.board, "id"))},
                           {"role", each.role},
                           {"name", text_of(member(each.board, "name")).value_or("")}};
        if (each.role != std::string_view{"parent"}) board["parent_board_id"] = options->parent;
        board["columns"] = std::move(columns);
        configuration["boards"].push_back(std::move(board));
    }
    fmt::print("{}\n", configuration.dump(2, ' ', false, ordered_json::error_handler_t::replace));
    co_return 0;
}

template <typename Work>
void choose_outside(CLI::App *command, CommandLine &line, BoardsOptionsPtr options, Work work) {
    command->callback([&line, options, work] {
        line.chosen = [&line, options, work] {
            return with_services(line.context,
                                 [options, work](jobs::Services services) { return work(services, options); });
        };
    });
}

}  // namespace

void add_boards(CommandLine &line) {
    CLI::App *command =
        line.program.add_subcommand("boards", "Boards that feed the pipeline, and what their columns hold");
    command->require_subcommand(1);
    auto options = std::make_shared<BoardsOptions>();

    CLI::App *importing = command->add_subcommand("import", "Take over a board file");
    importing->add_option("FILE", options->file, "JSON, as boards discover prints it")->required();
    importing->add_flag("--json", options->json, "as JSON");
    importing->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context,
                                 [options](db::Connection &database) { return import(database, options); });
        };
    });

    CLI::App *discovering = command->add_subcommand("discover", "Propose a board file by the titles of columns");
    discovering->add_option("BOARD", options->parent, "id of the board whose items are projects")->required();
    discovering->add_option("--subitems", options->subitems, "id of the board of its subitems, if it cannot be told");
    discovering->add_option("--hidden", options->hidden,
                            "id of the board that the subitems are connected to, likewise");
    choose_outside(discovering, line, options, discover);

    CLI::App *checking = command->add_subcommand(
        "check", "Compare the configuration with the boards; exits with 1 if something is missing");
    checking->add_flag("--json", options->json, "as JSON");
    choose_outside(checking, line, options, check);
}

}  // namespace poller::cli
