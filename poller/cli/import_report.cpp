#include "poller/cli/import_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "poller/errors.hpp"
#include "poller/imports/encoding.hpp"

namespace poller::cli {
namespace {

using nlohmann::json;

[[nodiscard]] std::string field_text(const json &object, const char *key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? std::string()
           : found->is_string()                      ? found->get<std::string>()
                                                     : found->dump();
}

[[nodiscard]] std::int64_t number_of(const json &object, const char *key) {
    const auto found = object.find(key);
    return found == object.end() || !found->is_number() ? 0 : found->get<std::int64_t>();
}

// In one line, and no longer than a line of a terminal.
[[nodiscard]] std::string shortened(std::string text) {
    constexpr std::size_t kMost = 60;
    for (char &character : text) {
        if (static_cast<unsigned char>(character) < ' ') {
            character = ' ';
        }
    }
    std::size_t end = std::min(kMost, text.size());
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    return end < text.size() ? text.substr(0, end) + "…" : text;
}

[[nodiscard]] std::string money_of(const json &object, const char *key) {
    const auto found = object.find(key);
    return found == object.end() || !found->is_number() ? "0.00" : fmt::format("{:.2f}", found->get<double>());
}

[[nodiscard]] std::string counted(std::int64_t count, const std::string &one, const std::string &many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

[[nodiscard]] std::string other_sheets_text(const json &file) {
    std::string names;
    for (const json &sheet : file.value("other_sheets", json::array())) {
        names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", shortened(sheet.get<std::string>()));
    }
    return names.empty() ? names : fmt::format("  not read: sheet {}; --sheet NAME takes another\n", names);
}

// Without a mapping, of a file that is wider than the importer looks.
[[nodiscard]] std::string not_read_text(const json &file) {
    const std::int64_t read = number_of(file, "columns_read");
    return read == 0 ? std::string()
                     : fmt::format(
                           "the columns behind the first {} are not read, \"{}\" and so on to column {}; name in"
                           " a mapping what you need of them (--map)\n",
                           read, field_text(file, "first_column_not_read"), number_of(file, "columns"));
}

[[nodiscard]] std::string file_text(const json &file, const std::string &preset) {
    const std::string written =
        file.contains("sheet")
            ? fmt::format("sheet \"{}\"", field_text(file, "sheet"))
            : fmt::format("{}, fields between {} marks", field_text(file, "encoding"), field_text(file, "delimiter"));
    std::string text = fmt::format("{}: {}, {}, head in {} {}{}\n", field_text(file, "name"),
                                   counted(number_of(file, "rows"), "row", "rows"), written, line_word(file),
                                   number_of(file, "head_line"), preset.empty() ? "" : ", known as " + preset);
    text += other_sheets_text(file);
    for (const json &left : file["left_out"]) {
        text += fmt::format("  left out: {} × {}, the first in {} {}: {}\n", number_of(left, "rows"),
                            field_text(left, "kind"), line_word(file), number_of(left, "first_line"),
                            shortened(field_text(left, "example")));
    }
    const std::string not_read = not_read_text(file);
    return not_read.empty() ? text : text + "  " + not_read;
}

[[nodiscard]] std::string known_text(const json &report) {
    const std::int64_t taken = number_of(report, "taken");
    std::string text;
    for (const auto &[field, count] : report["known"].items()) {
        const auto known = count.get<std::int64_t>();
        text +=
            fmt::format("  {:<24}{:>10}{}\n", field, known,
                        taken > 0 && known < taken
                            ? fmt::format("  {:.1f} %", 100.0 * static_cast<double>(known) / static_cast<double>(taken))
                            : "");
    }
    return text.empty() ? text : fmt::format("Known of {}:\n{}", counted(taken, "project", "projects"), text);
}

[[nodiscard]] std::string refused_text(const json &refused, std::string_view line) {
    constexpr int kMostReasons = 20;
    std::string text;
    int shown = 0;
    for (const json &group : refused) {
        if (++shown > kMostReasons) {
            text += fmt::format("  and {} other reasons\n", refused.size() - kMostReasons);
            break;
        }
        std::string examples;
        for (const json &example : group["examples"]) {
            examples += fmt::format("{}{} {}: {}", examples.empty() ? "" : "; ", line, field_text(example, "line"),
                                    shortened(field_text(example, "value")));
        }
        const std::string field = field_text(group, "field");
        text += fmt::format("  {} × {}{}{}  ({})\n", number_of(group, "count"), field, field.empty() ? "" : ": ",
                            field_text(group, "reason"), examples);
    }
    return text.empty() ? text : "Refused:\n" + text;
}

[[nodiscard]] std::string stages_text(const json &stages) {
    std::string text;
    std::string statements;
    for (const json &stage : stages) {
        text += fmt::format("  \"{}\": {}, {}\n", field_text(stage, "stage"),
                            counted(number_of(stage, "projects"), "project", "projects"),
                            money_of(stage, "contract_value"));
        statements += field_text(stage, "statement") + "\n";
    }
    return text.empty() ? text
                        : "Stages without a rule; they are forecast by the rule \"(any other)\":\n" + text +
                              "Look these over and run them as the owner of the tables:\n" + statements;
}

[[nodiscard]] std::string forecast_text(const json &forecast) {
    if (!forecast.is_object()) {
        return {};
    }
    std::string text = field_text(forecast, "verdict") + "\n";
    std::string detail = field_text(forecast, "detail");
    for (std::size_t at = 0; !detail.empty() && at != std::string::npos; at = detail.find('\n', at + 3)) {
        detail.insert(at == 0 ? 0 : at + 1, "  ");
    }
    return text + (detail.empty() ? "" : detail + "\n");
}

[[nodiscard]] std::string questions_text(const json &proposal) {
    std::string text;
    for (const json &question : proposal["questions"]) {
        text += question.contains("column") ? fmt::format("column \"{}\" ({}) can be read in more than one way",
                                                          field_text(question, "column"), field_text(question, "field"))
                                            : field_text(question, "field");
        for (const json &reading : question.value("readings", json::array())) {
            text += "; " + reading.get<std::string>();
        }
        text += ". Say " + field_text(question, "say") + ".\n";
    }
    for (const json &field : proposal["missing"]) {
        text += fmt::format("no column was recognised for {}\n", field.get<std::string>());
    }
    return text;
}

}  // namespace

json about_file(const imports::ListFile &file, const imports::Layout &layout, const imports::StagedRows &rows) {
    json left_out = json::array();
    for (const auto &[kind, left] : rows.left_out) {
        left_out.push_back({{"kind", imports::to_string(kind)},
                            {"rows", left.rows},
                            {"first_line", left.first_line},
                            {"example", left.example}});
    }
    json about = file.written(layout);
    about.update({{"name", file.name()},
                  {"head_line", layout.head_line},
                  {"columns", layout.head.size()},
                  {"rows", rows.taken + rows.refused},
                  {"unreadable_rows", rows.refused},
                  {"blank_lines", rows.blank_lines},
                  {"left_out", left_out}});
    if (rows.damaged.rows > 0) {
        about["damaged"] = {
            {"rows", rows.damaged.rows}, {"first_line", rows.damaged.first_line}, {"example", rows.damaged.example}};
    }
    if (rows.refused > 0) {
        about["first_refusal"] = {{"line", rows.first_refused_line}, {"reason", rows.first_reason}};
    }
    return about;
}

std::string_view line_word(const json &about) { return about.contains("sheet") ? "row" : "line"; }

std::string history_report_text(const json &report) {
    const json &run = report["metadata"];
    std::string text = file_text(report["file"], field_text(report, "preset"));
    text += fmt::format(
        "  the past of {}: {} written, {} removed\n", counted(number_of(report, "projects"), "project", "projects"),
        counted(number_of(report, "versions_written"), "version", "versions"), number_of(report, "versions_removed"));
    const auto said = [&](const char *key, const char *what) {
        if (const std::int64_t count = number_of(report, key); count > 0) {
            text += fmt::format("  {} {}\n", count, what);
        }
    };
    said("unknown_projects", "× a project that is not there, and not deleted either: passed over");
    said("states_after_observation", "× a state of the time under observation: passed over");
    said("contradictions", "× an end that differs from what was observed first");
    said("rejected", "× a row or a value that cannot be read");
    if (const std::int64_t broken = number_of(run, "contradictions"); broken > 0) {
        text += fmt::format("  {} × an old value that is not the one before it\n", broken);
    }
    const json passed_over = run.value("fields_passed_over", json::object());
    for (const auto &[field, rows] : passed_over.items()) {
        text +=
            fmt::format("  not mapped: {} ({})\n", shortened(field), counted(rows.get<std::int64_t>(), "row", "rows"));
    }
    text += fmt::format(
        "run {}; its refusals: SELECT * FROM pipeline.sync_reject WHERE run_id = {};\n"
        "CALL pipeline.replay_forecast_snapshots(…) takes the snapshots of that past.\n",
        number_of(report, "run_id"), number_of(report, "run_id"));
    return text;
}

std::vector<std::string> losses(const json &report) {
    std::vector<std::string> lost;
    const json &file = report["file"];
    if (const auto damaged = file.find("damaged"); damaged != file.end()) {
        lost.push_back(fmt::format(
            "{} in {}, the first in {} {}: {}{}",
            file.contains("sheet") ? fmt::format("\"{}\" stands for characters that were lost", imports::kLostCharacter)
                                   : fmt::format("bytes that are no text in {} became \"{}\"",
                                                 field_text(file, "encoding"), imports::kLostCharacter),
            counted(number_of(*damaged, "rows"), "row", "rows"), line_word(file), number_of(*damaged, "first_line"),
            shortened(field_text(*damaged, "example")),
            file.contains("sheet") ? "" : "; --encoding says another encoding"));
    }
    if (const std::int64_t refused = number_of(report, "important_refusals"); refused > 0) {
        lost.push_back(fmt::format(
            "{} that the forecast or its statistics need",
            refused == 1 ? "1 row or value was refused" : fmt::format("{} rows and values were refused", refused)));
    }
    for (const json &stage : report["stages_without_rule"]) {
        // An open stage is forecast as one; won or lost work is not open.
        if (field_text(stage, "stage_bucket") != "Open") {
            lost.push_back(fmt::format("stage \"{}\" ({}, {}) seems to be {} and is forecast as open",
                                       field_text(stage, "stage"),
                                       counted(number_of(stage, "projects"), "project", "projects"),
                                       money_of(stage, "contract_value"), field_text(stage, "outcome")));
        }
    }
    return lost;
}

std::string report_text(const json &report, bool accepts_losses) {
    std::string text = file_text(report["file"], field_text(report, "preset"));
    text += fmt::format("{}: {} inserted, {} updated, {} unchanged; {} rejected\n",
                        counted(number_of(report, "taken"), "project", "projects"), number_of(report, "inserted"),
                        number_of(report, "updated"), number_of(report, "unchanged"), number_of(report, "rejected"));
    text += known_text(report);
    text += refused_text(report["refused"], line_word(report["file"]));
    if (!report["refused"].empty()) {
        text += fmt::format("All of them: SELECT * FROM pipeline.sync_reject WHERE run_id = {};\n",
                            number_of(report, "run_id"));
    }
    text += stages_text(report["stages_without_rule"]);
    text += forecast_text(report["forecast"]);
    const std::vector<std::string> lost = losses(report);
    for (const std::string &loss : lost) {
        text += fmt::format("Lost: {}\n", loss);
    }
    if (!lost.empty() && !accepts_losses) {
        text +=
            "The rest is stored. Mend the file, the mapping or the stage rules and import again, or say"
            " --accept-losses.\n";
    }
    return text;
}

int exit_status(const json &report, bool accepts_losses) { return losses(report).empty() || accepts_losses ? 0 : 1; }

std::string proposal_text(const json &proposal, const json &about) {
    return file_text(about, field_text(proposal, "preset")) + questions_text(proposal);
}

void require_ready(const json &proposal, const json &about) {
    if (proposal.value("ready", false)) {
        return;
    }
    const std::string preset = field_text(proposal, "preset");
    std::string open = questions_text(proposal) + not_read_text(about);
    open.pop_back();  // the last line end
    throw ConfigError(
        fmt::format("{} needs a mapping; nothing was imported\n{}",
                    preset.empty() ? fmt::format("\"{}\" is no export that is known; it", field_text(about, "name"))
                                   : fmt::format("\"{}\" ({})", field_text(about, "name"), preset),
                    open),
        {"", "",
         "Have a mapping proposed (--propose >mapping.json), look it over, and import with --map mapping.json."});
}

}  // namespace poller::cli
