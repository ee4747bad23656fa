#include "poller/cli/boards_discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "poller/cli/questions.hpp"
#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/monday/discovery.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

void remark(const std::string &text) { fmt::print(stderr, "{}\n", text); }

// "Wert (numbers: 1200, 350)"
std::string described(const json &column) {
    std::string samples;
    const json &list = member(column, "samples");
    for (const json &each : list.is_array() ? list : json::array()) {
        const std::string text = text_of(each).value_or("");
        if (samples.size() + text.size() > 60) break;
        samples += (samples.empty() ? ": " : ", ") + text;
    }
    return fmt::format("{} ({}{})", text_of(member(column, "title")).value_or(""),
                       text_of(member(column, "type")).value_or(""), samples);
}

// The proposal as it grows: what the database proposes, then what a person answers.
class BoardFile {
public:
    BoardFile(db::Pool &database, monday::Client &client, bool is_interactive)
        : database_(database), client_(client), is_interactive_(is_interactive) {}

    awaitable<void> propose(std::vector<monday::FoundBoard> boards) {
        boards_ = std::move(boards);
        for (const monday::FoundBoard &board : boards_) co_await propose_columns(board);
        if (is_interactive_) co_await ask_for_fields();
        co_await tell_gaps();
        for (std::size_t i = 0; i < boards_.size(); ++i) {
            if (boards_[i].role == "parent") co_await propose_stages(i);
        }
    }

    awaitable<ordered_json> document() {
        ordered_json whole{{"boards", std::move(file_)}, {"stages", std::move(stages_)}};
        // Once, for whoever looks over the columns that hold no field.
        ordered_json fields = ordered_json::object();
        for (const monday::FoundBoard &board : boards_) {
            const db::Result names = co_await database_.query(
                "SELECT to_json(array_agg(f.field)) FROM monday_fields($1) f", db::params(board.role));
            fields[board.role] = ordered_json::parse(names[0][0].text());
        }
        whole["possible_fields"] = std::move(fields);
        co_return whole;
    }

private:
    awaitable<void> propose_columns(const monday::FoundBoard &board) {
        const std::string columns = to_text(board.columns);
        const db::Result proposal = co_await database_.query(
            "SELECT column_id, title, kind, field, reason FROM propose_monday_mapping($1::jsonb, $2)",
            db::params(columns, board.role));
        ordered_json rows = ordered_json::array();
        std::string told;
        std::string refused;
        int mapped = 0;
        for (const db::Row row : proposal) {
            ordered_json column{
                {"column_id", row["column_id"].text()}, {"title", row["title"].text()}, {"kind", row["kind"].text()}};
            column["field"] = nullptr;
            const std::string_view reason = row["reason"].text();
            if (!row["field"].is_null()) {
                column["field"] = row["field"].text();
                told += fmt::format("  {} <- \"{}\": {}\n", row["field"].text(), row["title"].text(), reason);
                ++mapped;
            } else if (reason.starts_with("field ") || reason.starts_with("its values") ||
                       reason.starts_with("a column")) {
                refused +=
                    fmt::format("  \"{}\" ({}) stays unmapped: {}\n", row["title"].text(), row["kind"].text(), reason);
            }
            rows.push_back(std::move(column));
        }
        fmt::print(stderr, "{} board \"{}\" ({}): {} of {} columns hold a field\n{}{}", board.role, board.name,
                   board.id, mapped, rows.size(), told, refused);
        ordered_json entry{{"board_id", board.id}, {"role", board.role}, {"name", board.name}};
        if (!board.parent_id.empty()) entry["parent_board_id"] = board.parent_id;
        entry["columns"] = std::move(rows);
        file_.push_back(std::move(entry));
    }

    // A few questions whatever the number of columns: which one holds what a forecast goes by.
    awaitable<void> ask_for_fields() {
        const db::Result questions = co_await database_.query("SELECT field, about FROM asked_board_fields()");
        for (std::size_t i = 0; i < boards_.size(); ++i) {
            if (boards_[i].role != "parent") continue;
            for (const db::Row row : questions) {
                const std::string field{row["field"].text()};
                const std::string about{row["about"].text()};
                co_await ask_for_field(i, field, about);
            }
        }
    }

    awaitable<void> ask_for_field(std::size_t at, std::string field, std::string about) {
        ordered_json &columns = file_[at]["columns"];
        const bool is_mapped =
            std::ranges::any_of(columns, [&](const ordered_json &each) { return each["field"] == field; });
        if (is_mapped || !co_await is_lacking(field)) co_return;
        const std::string rows = columns.dump();
        const db::Result fitting = co_await database_.query(
            "SELECT c.n - 1 FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS c (spec, n) "
            "WHERE c.spec->'field' = 'null' AND monday_column_fits('parent', $2, c.spec->>'kind') ORDER BY c.n",
            db::params(rows, field));
        std::vector<std::size_t> places;
        for (const db::Row row : fitting) places.push_back(static_cast<std::size_t>(row[0].integer()));
        // Of 200 columns those that items fill, unless none is.
        const auto is_filled = [&](std::size_t place) { return boards_[at].columns[place].contains("samples"); };
        if (std::ranges::any_of(places, is_filled)) std::erase_if(places, std::not_fn(is_filled));
        std::vector<std::string> choices;
        choices.reserve(places.size());
        for (const std::size_t place : places) choices.push_back(described(boards_[at].columns[place]));
        if (choices.empty()) co_return;
        const auto answer = ask_for_one(fmt::format("Which column of \"{}\" holds {}?", boards_[at].name, about),
                                        choices, "none of them");
        if (answer) columns[places[*answer]]["field"] = field;
    }

    // What the boards below tell need not be asked.
    awaitable<bool> is_lacking(std::string field) {
        const db::Result rows = co_await database_.query(
            "SELECT EXISTS (SELECT FROM board_file_gaps($1::jsonb) g WHERE $2 = ANY (g.fields)) OR "
            "NOT EXISTS (SELECT FROM needed_board_fields() n WHERE $2 = ANY (n.fields))",
            db::params(file_.dump(), field));
        co_return rows[0][0].boolean();
    }

    awaitable<void> tell_gaps() {
        const db::Result gaps = co_await database_.query(
            "SELECT g.board_name, g.need, g.consequence FROM board_file_gaps($1::jsonb) g", db::params(file_.dump()));
        for (const db::Row row : gaps) {
            remark(
                fmt::format("No column of \"{}\" or below it holds a {}: {}. Name one in the file, or ask with "
                            "--interactive.",
                            row["board_name"].text(), row["need"].text(), row["consequence"].text()));
        }
    }

    awaitable<void> propose_stages(std::size_t at) {
        for (std::size_t i = 0; i < boards_[at].columns.size(); ++i) {
            if (file_[at]["columns"][i]["field"] != "pipeline_stage") continue;
            const json &column = boards_[at].columns[i];
            const std::string column_id = text_of(member(column, "id")).value_or("");
            const auto counts = co_await monday::count_labels(client_, boards_[at].id, column_id);
            json counted = json::object();
            for (const auto &[label, count] : counts) counted[label] = count;
            const std::string settings = to_text(member(column, "settings"));
            const std::string counted_text = to_text(counted);
            const db::Result rules = co_await database_.query(
                "SELECT stage, stage_bucket, outcome, trim_scale(default_probability)::float8 AS probability, items, "
                "reason "
                "FROM stage_rules_of_labels($1::jsonb, $2::jsonb)",
                db::params(settings, counted_text));
            for (const db::Row row : rules) add_stage(row);
        }
    }

    void add_stage(const db::Row &row) {
        const std::string_view stage = row["stage"].text();
        const auto is_same = [&](const ordered_json &each) { return each["stage"] == stage; };
        const auto known = std::ranges::find_if(stages_, is_same);
        if (known != stages_.end()) {
            (*known)["items"] = (*known)["items"].get<std::int64_t>() + row["items"].integer();
            return;
        }
        stages_.push_back({{"stage", stage},
                           {"stage_bucket", row["stage_bucket"].text()},
                           {"outcome", row["outcome"].text()},
                           {"default_probability", row["probability"].real()},
                           {"items", row["items"].integer()},
                           {"reason", row["reason"].text()}});
        if (is_interactive_ && row["reason"].text().starts_with("no word")) ask_for_stage(stages_.back());
    }

    static void ask_for_stage(ordered_json &stage) {
        const auto answer = ask_for_one(
            fmt::format("What does the stage \"{}\" mean ({} items)?", stage["stage"].get<std::string>(),
                        stage["items"].get<std::int64_t>()),
            {"won", "lost", "open"}, fmt::format("open, {:.0f} %", stage["default_probability"].get<double>() * 100));
        if (!answer) return;
        constexpr std::array<const char *, 3> buckets{"Committed", "Lost", "Open"};
        constexpr std::array<const char *, 3> outcomes{"won", "lost", "open"};
        stage["stage_bucket"] = buckets[*answer];
        stage["outcome"] = outcomes[*answer];
        if (*answer < 2) stage["default_probability"] = *answer == 0 ? 1 : 0;
        stage["reason"] = "as answered";
    }

    db::Pool &database_;
    monday::Client &client_;
    bool is_interactive_;
    std::vector<monday::FoundBoard> boards_;
    ordered_json file_ = ordered_json::array();
    ordered_json stages_ = ordered_json::array();
};

std::string choose_board(const std::string &question, const std::vector<monday::Choice> &choices) {
    std::vector<std::string> texts;
    texts.reserve(choices.size());
    for (const monday::Choice &choice : choices) texts.push_back(choice.text);
    const auto answer = ask_for_one(question, texts, "none of them");
    return answer ? choices[*answer].id : std::string{};
}

}  // namespace

awaitable<int> discover(jobs::Services services, DiscoverOptions options) {
    if (options.interactive && !is_asked_at_a_terminal()) {
        throw ConfigError("--interactive needs a terminal",
                          {"", "", "Leave it out, and edit the file that is printed."});
    }
    if (options.boards.size() > 1 && !(options.subitems.empty() && options.hidden.empty())) {
        throw ConfigError("--subitems and --hidden name a board of one parent board",
                          {"", "", "Call boards discover for each of the boards."});
    }
    monday::Budget budget(services.database);
    monday::Client client(services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows);
    monday::DiscoveryRequest request;
    request.boards = options.boards;
    request.subitems = options.subitems;
    request.hidden = options.hidden;
    request.remark = remark;
    if (options.interactive) request.choose = choose_board;
    std::vector<monday::FoundBoard> boards = co_await monday::discover_boards(services.database, client, request);
    BoardFile file(services.database, client, options.interactive);
    co_await file.propose(std::move(boards));
    const ordered_json document = co_await file.document();
    fmt::print("{}\n", document.dump(2, ' ', false, ordered_json::error_handler_t::replace));
    co_return 0;
}

}  // namespace poller::cli
