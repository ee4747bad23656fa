// pipeline-poller import FILE [--map FILE.json]: projects from a file. What a mapping means, and which one a file
// without needs, is the database's (import_projects, propose_import); this reads the file, brings its rows there, and
// says what came of it. All of it is one transaction.
#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <memory>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/import_history.hpp"
#include "poller/cli/import_options.hpp"
#include "poller/cli/import_report.hpp"
#include "poller/cli/import_staging.hpp"
#include "poller/errors.hpp"
#include "poller/imports/list_file.hpp"
#include "poller/imports/mapping_columns.hpp"
#include "poller/imports/staging.hpp"

namespace poller::cli {
namespace {

using nlohmann::json;
namespace files = poller::imports;

constexpr int kImportInterrupted = 130;

// Ctrl-C breaks off what the command waits for. The connection closes, and the server takes back the transaction.
class Interruption {
public:
    Interruption(const asio::any_io_executor &executor, db::Connection &database)
        : signals_(executor, SIGINT, SIGTERM) {
        signals_.async_wait([happened = happened_, &database](const error_code &error, int) {
            if (!error) {
                *happened = true;
                database.abort();
            }
        });
    }

    [[nodiscard]] bool happened() const noexcept { return *happened_; }
    // From here on a signal ends the program as usual.
    void forget() {
        signals_.cancel();
        signals_.clear();
    }

private:
    std::shared_ptr<bool> happened_ = std::make_shared<bool>(false);
    asio::signal_set signals_;
};

[[nodiscard]] awaitable<void> stage_lookups(db::Connection &database, const ImportOptions &options,
                                            const json &mapping) {
    const json lookups = mapping.value("lookup_files", json::object());
    if (!lookups.is_object()) {
        throw ConfigError("\"lookup_files\" of the mapping is not an object of table to file");
    }
    for (const auto &[table, name] : lookups.items()) {
        if (!name.is_string()) {
            throw ConfigError(fmt::format("\"lookup_files\" names no file for table \"{}\"", table));
        }
        const auto folder = std::filesystem::path(options.file).parent_path();
        const std::unique_ptr<files::ListFile> file = files::open_list(folder / name.get<std::string>(), {});
        const files::Layout layout = file->layout({});
        files::ListShape shape;
        co_await stage_file(database, table, *file, layout, nullptr, std::move(shape));
    }
}

struct Recognised {
    files::Layout layout;
    files::ListShape shape;
    std::string preset;
};

// Asks the database whether one of the first lines is the head of a known export.
[[nodiscard]] awaitable<Recognised> recognise(db::Connection &database, const files::ListFile &file,
                                              const ImportOptions &options) {
    Recognised recognised;
    files::SaidLayout said = options.layout;
    recognised.layout = file.layout(said);
    json lines = json::array();
    if (said.head_line) {
        lines.push_back(recognised.layout.head);
    } else {
        lines = recognised.layout.first_lines;
    }
    const db::Params parameters = db::params(lines.dump(-1, ' ', false, json::error_handler_t::replace));
    const db::Result answer = co_await database.execute("SELECT recognise_import($1::jsonb)", parameters);
    if (answer[0][0].is_null()) {
        co_return recognised;
    }
    const json known = json::parse(answer[0][0].text());
    recognised.preset = known["preset"].get<std::string>();
    if (!said.head_line) {
        said.head_line = recognised.layout.first_line_numbers[known["line"].get<std::size_t>()];
        recognised.layout = file.layout(said);
    }
    const std::vector<files::Column> columns = files::columns_of(recognised.layout.head);
    recognised.shape.needed = files::places_of(known["needed"].get<std::vector<std::string>>(), columns);
    for (const auto &[column, texts] : known["titles"].items()) {
        for (const std::size_t place : files::places_of({column}, columns)) {
            recognised.shape.titles[place] = texts.get<std::vector<std::string>>();
        }
    }
    co_return recognised;
}

struct Proposed {
    StagedFile staged;
    json proposal;
};

[[nodiscard]] awaitable<Proposed> propose(db::Connection &database, const files::ListFile &file,
                                          const ImportOptions &options) {
    Recognised recognised = co_await recognise(database, file, options);
    Proposed proposed;
    proposed.staged =
        co_await stage_file(database, kStagingTable, file, recognised.layout, nullptr, std::move(recognised.shape));
    json said = options.formats;
    said["file_rows"] = rows_of_file(file);
    if (!options.preset.empty()) {
        said["preset"] = options.preset;
    } else if (!recognised.preset.empty()) {
        said["preset"] = recognised.preset;
    }
    const db::Params parameters = db::params(said.dump());
    const db::Result answer =
        co_await database.execute("SELECT propose_import('pg_temp.import', $1::jsonb)", parameters);
    proposed.proposal = json::parse(answer[0][0].text());
    co_return proposed;
}

[[nodiscard]] awaitable<json> import_rows(db::Connection &database, const files::ListFile &file, StagedFile staged,
                                          json mapping, bool accepts_losses) {
    if (!accepts_losses) {
        require_readable(staged.about);
    }
    const json preset = mapping.value("preset", json());
    mapping = files::with_staged_names(std::move(mapping), staged.columns);
    mapping["file_rows"] = rows_of_file(file);
    if (accepts_losses) {
        mapping["accept_losses"] = true;
    }
    const db::Params parameters = db::params(mapping.dump());
    const db::Result run =
        co_await database.execute("SELECT run_id FROM import_projects('pg_temp.import', $1::jsonb)", parameters);
    const db::Params run_id = db::params(run[0][0].integer());
    const db::Result answer = co_await database.execute("SELECT import_report($1::bigint)", run_id);
    json report = json::parse(answer[0][0].text());
    report["file"] = std::move(staged.about);
    report["preset"] = preset;
    co_return report;
}

[[nodiscard]] awaitable<Outcome> work(db::Connection &database, const ImportOptions &options) {
    json mapping = options.mapping.empty() ? json::object() : read_mapping(options.mapping);
    const std::unique_ptr<files::ListFile> opened = files::open_list(options.file, options.said_file);
    const files::ListFile &file = *opened;
    co_await database.execute("BEGIN");
    StagedFile staged;
    if (options.mapping.empty()) {
        Proposed proposed = co_await propose(database, file, options);
        mapping = files::with_full_names(std::move(proposed.proposal), proposed.staged.columns);
        staged = std::move(proposed.staged);
        if (options.proposes) {
            Outcome shown;
            shown.text = mapping.dump(2) + "\n";
            shown.is_kept = false;
            fmt::print(stderr, "{}", proposal_text(mapping, staged.about));
            co_return shown;
        }
        require_ready(mapping, staged.about);
    } else {
        const std::vector<std::string> names = files::columns_read(mapping);
        // A proposed mapping says which program wrote the file, and with that which rows are no entries.
        Recognised recognised;
        if (mapping.contains("preset")) {
            recognised = co_await recognise(database, file, options);
        } else {
            recognised.layout = file.layout(options.said(names));
        }
        staged =
            co_await stage_file(database, kStagingTable, file, recognised.layout, &names, std::move(recognised.shape));
        co_await stage_lookups(database, options, mapping);
    }
    const json report =
        co_await import_rows(database, file, std::move(staged), std::move(mapping), options.accepts_losses);
    Outcome done;
    done.status = exit_status(report, options.accepts_losses);
    done.text = options.json ? report.dump(2) + "\n" : report_text(report, options.accepts_losses);
    co_return done;
}

[[nodiscard]] awaitable<int> import(db::Connection &database, const ImportOptions &options) {
    Interruption interruption(co_await asio::this_coro::executor, database);
    Outcome outcome;
    try {
        // One statement for each: of two awaitables in a conditional expression g++ 12 destroys one twice.
        if (options.is_history) {
            outcome = co_await import_history(database, options);
        } else {
            outcome = co_await work(database, options);
        }
    } catch (const ConnectionLost &) {
        if (!interruption.happened()) {
            throw;
        }
    }
    if (interruption.happened()) {
        fmt::print(stderr, "pipeline-poller: interrupted; nothing was imported, all is as it was before\n");
        co_return kImportInterrupted;
    }
    interruption.forget();
    co_await database.execute(outcome.is_kept ? "COMMIT" : "ROLLBACK");
    fmt::print("{}", outcome.text);
    co_return outcome.status;
}

}  // namespace

void add_import(CommandLine &line) {
    CLI::App *command =
        line.program.add_subcommand("import", "Read projects from a file: a list as CSV or text, or an Excel workbook");
    auto options = std::make_shared<ImportOptions>();
    add_import_options(*command, *options);
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context,
                                 [options](db::Connection &database) { return import(database, *options); });
        };
    });
}

}  // namespace poller::cli
