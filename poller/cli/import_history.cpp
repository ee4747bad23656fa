#include "poller/cli/import_history.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>

#include "poller/cli/import_report.hpp"
#include "poller/imports/list_file.hpp"

namespace poller::cli {
namespace {

using nlohmann::json;

// What was said of formats on the command line holds where the mapping says nothing of them.
[[nodiscard]] json with_said_formats(json mapping, const json &formats) {
    if (formats.contains("day_format") && mapping["history"]["moment"].is_string()) {
        json moment = json::object();
        moment["column"] = mapping["history"]["moment"];
        moment["format"] = formats["day_format"];
        mapping["history"]["moment"] = std::move(moment);
    }
    if (formats.contains("decimal_mark")) {
        mapping["decimal_mark"] = formats["decimal_mark"];
    }
    return mapping;
}

[[nodiscard]] awaitable<json> proposed(db::Connection &database, const ImportOptions &options) {
    const db::Result answer = co_await database.execute("SELECT propose_history_import('pg_temp.import')");
    co_return with_said_formats(json::parse(answer[0][0].text()), options.formats);
}

}  // namespace

awaitable<Outcome> import_history(db::Connection &database, const ImportOptions &options) {
    json mapping = options.mapping.empty() ? json() : read_mapping(options.mapping);
    const std::unique_ptr<imports::ListFile> opened = imports::open_list(options.file, options.said_file);
    const imports::ListFile &file = *opened;
    co_await database.execute("BEGIN");
    const imports::Layout layout = file.layout(options.layout);
    imports::ListShape shape;
    StagedFile staged = co_await stage_file(database, kStagingTable, file, layout, nullptr, std::move(shape));
    Outcome outcome;
    if (options.mapping.empty()) {
        mapping = co_await proposed(database, options);
    }
    if (options.proposes) {
        outcome.text = mapping.dump(2) + "\n";
        outcome.is_kept = false;
        co_return outcome;
    }
    if (!options.accepts_losses) {
        require_readable(staged.about);
    }
    mapping["file_rows"] = rows_of_file(file);
    if (options.accepts_losses) {
        mapping["accept_losses"] = true;
    }
    const db::Params parameters = db::params(mapping.dump());
    const db::Result answer = co_await database.execute(
        "SELECT to_jsonb(i) FROM import_project_history('pg_temp.import', $1::jsonb) i", parameters);
    json report = json::parse(answer[0][0].text());
    // In a statement of its own: the one that imports does not see the run that it logs.
    const db::Params run = db::params(report["run_id"].get<std::int64_t>());
    const db::Result log = co_await database.execute("SELECT metadata FROM sync_log WHERE id = $1", run);
    report["metadata"] = json::parse(log[0][0].text());
    report["file"] = std::move(staged.about);
    report["preset"] = mapping.value("preset", json());
    outcome.status = report["rejected"].get<std::int64_t>() > 0 && !options.accepts_losses ? 1 : 0;
    outcome.text = options.json ? report.dump(2) + "\n" : history_report_text(report);
    co_return outcome;
}

}  // namespace poller::cli
