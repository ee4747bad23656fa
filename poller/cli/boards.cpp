// pipeline-poller boards import|discover|check: which boards feed the pipeline, and which column holds which field.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>
#include <sstream>

#include "poller/cli/boards_discover.hpp"
#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/outside.hpp"
#include "poller/cli/table.hpp"
#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/monday/flows/board_check.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::cli {
namespace {

struct BoardsOptions {
    std::string file;
    DiscoverOptions discover;
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

// Who may write the rules has written those of the file by now; the rest is for a person to decide.
awaitable<void> tell_stages_without_rule(db::Connection &database, std::string configuration) {
    const db::Result stages = co_await database.execute(
        "SELECT stage, projects, contract_value AS value, stage_bucket AS bucket, outcome, "
        "round(default_probability * 100) || ' %' AS probability, reason FROM stage_rules_to_add($1::jsonb)",
        db::params(configuration));
    if (stages.empty()) co_return;
    fmt::print(
        "\nStages without a rule, which are forecast by the rule (any other), and what is proposed for them\n{}"
        "Look these over, and run them as the owner of the tables:\n",
        text_table(stages));
    const db::Result statements =
        co_await database.execute("SELECT statement FROM stage_rules_to_add($1::jsonb)", db::params(configuration));
    for (const db::Row row : statements) fmt::print("{}\n", row[0].text());
}

awaitable<int> import(db::Connection &database, BoardsOptionsPtr options) {
    const std::string configuration = read_configuration_file(options->file);
    const db::Result boards = co_await database.execute(
        "SELECT board_id AS board, columns, action FROM import_monday_boards($1::jsonb)", db::params(configuration));
    fmt::print("{}", options->json ? json_rows(boards) : text_table(boards));
    if (!options->json) co_await tell_stages_without_rule(database, configuration);
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
        is_well = is_well && !problem.starts_with("missing") && !problem.starts_with("retyped") &&
                  !problem.starts_with("needed");
    }
    fmt::print("{}", options->json ? json_rows(problems) : text_table(problems));
    if (!options->json && problems.empty()) fmt::print("{} boards are as they are configured\n", boards.size());
    co_return is_well ? 0 : 1;
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

    CLI::App *discovering = command->add_subcommand(
        "discover", "Propose a board file by titles, kinds and contents of columns, in eight languages");
    discovering->add_flag("--json", options->json, "as JSON, which it always is");
    discovering->add_option("BOARD", options->discover.boards, "ids of the boards whose items are projects")
        ->required();
    discovering->add_option("--subitems", options->discover.subitems,
                            "id of the board of its subitems, if it cannot be told");
    discovering->add_option("--hidden", options->discover.hidden,
                            "id of the board that the subitems are connected to, likewise");
    discovering->add_flag("--interactive", options->discover.interactive, "ask about what cannot be told");
    choose_outside(discovering, line, options, [](jobs::Services services, const BoardsOptionsPtr &chosen) {
        return discover(services, chosen->discover);
    });

    CLI::App *checking = command->add_subcommand(
        "check",
        "Compare the configuration with the boards, what matters most first; exits with 1 if something is missing");
    checking->add_flag("--json", options->json, "as JSON");
    choose_outside(checking, line, options, check);
}

}  // namespace poller::cli
