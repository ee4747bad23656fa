#include "poller/cli/import_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace poller::cli {
namespace {

struct NamedCharacter {
    std::string_view name;
    char character;
};

constexpr std::array kCharacters{
    NamedCharacter{"comma", ','},   NamedCharacter{"semicolon", ';'}, NamedCharacter{"tab", '\t'},
    NamedCharacter{"\\t", '\t'},    NamedCharacter{"pipe", '|'},      NamedCharacter{"double", '"'},
    NamedCharacter{"single", '\''}, NamedCharacter{"none", '\0'},
};

[[nodiscard]] std::optional<char> character_of(const std::string &word) {
    for (const NamedCharacter &each : kCharacters) {
        if (each.name == word) {
            return each.character;
        }
    }
    const bool is_plain = word.size() == 1 && word[0] > ' ' && word[0] < 0x7F;
    return is_plain ? std::optional(word[0]) : std::nullopt;
}

[[nodiscard]] std::string not_understood(const std::string &word) {
    return fmt::format("\"{}\" is not understood", word);
}

}  // namespace

imports::SaidLayout ImportOptions::said(std::vector<std::string> wanted) const {
    imports::SaidLayout said = layout;
    said.wanted = std::move(wanted);
    return said;
}  // namespace poller::cli

void add_import_options(CLI::App &command, ImportOptions &options) {
    command.add_option("FILE", options.file, "list of projects: CSV, tabs, semicolons, or an Excel workbook (.xlsx)")
        ->required();
    CLI::Option *map =
        command
            .add_option("--map", options.mapping,
                        "JSON file: where each field of a project comes from; for a known export not needed")
            ->type_name("FILE");
    command.add_flag("--history", options.is_history,
                     "the file tells the past: a field history, or a row for each moment of a project");
    CLI::Option *propose =
        command.add_flag("--propose", options.proposes, "print a mapping for the file, and import nothing");
    propose->excludes(map);
    command
        .add_option("--preset", options.preset,
                    "which program wrote the file, as --propose names it; recognised if not said")
        ->type_name("NAME")
        ->excludes(map);
    command
        .add_option_function<std::string>(
            "--day-format", [&options](const std::string &word) { options.formats["day_format"] = word; },
            "of dates that do not tell: DD/MM/YYYY, MM/DD/YYYY, YYYYMMDD")
        ->type_name("FORMAT")
        ->excludes(map);
    command
        .add_option_function<std::string>(
            "--decimal-mark",
            [&options](const std::string &word) {
                options.formats["decimal_mark"] = word == "comma" ? "," : word == "point" ? "." : word;
            },
            "of numbers that do not tell: comma or point")
        ->check(CLI::IsMember({",", ".", "comma", "point"}))
        ->type_name("MARK")
        ->excludes(map);
    command.add_option("--sheet", options.said_file.sheet, "of a workbook: the sheet to read; the first if not said")
        ->type_name("NAME");
    command
        .add_option_function<std::string>(
            "--delimiter",
            [&options](const std::string &word) {
                options.layout.delimiter = character_of(word);
                if (!options.layout.delimiter || *options.layout.delimiter == '\0') {
                    throw CLI::ValidationError("--delimiter", not_understood(word));
                }
            },
            "between fields: comma, semicolon, tab, pipe or a character; recognised if not said")
        ->type_name("WORD");
    command
        .add_option_function<std::string>(
            "--quote",
            [&options](const std::string &word) {
                options.layout.quote = character_of(word);
                if (!options.layout.quote) {
                    throw CLI::ValidationError("--quote", not_understood(word));
                }
            },
            "around fields: double, single, none or a character; recognised if not said")
        ->type_name("WORD");
    command
        .add_option_function<std::string>(
            "--encoding",
            [&options](const std::string &word) {
                options.said_file.encoding = imports::parse_encoding(word);
                if (!options.said_file.encoding) {
                    throw CLI::ValidationError("--encoding", not_understood(word));
                }
            },
            "utf-8, utf-16le, utf-16be, windows-1252 or latin-1; recognised if not said")
        ->type_name("WORD");
    command
        .add_option_function<std::uint64_t>(
            "--head-line", [&options](std::uint64_t number) { options.layout.head_line = number; },
            "line of the file that names the columns; recognised if not said")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
        ->type_name("N");
    command
        .add_option_function<std::string>(
            "--short-rows", [&options](const std::string &word) { options.layout.fills_short_rows = word == "fill"; },
            "rows with too few fields: refuse, or fill with blank ones; recognised if not said")
        ->check(CLI::IsMember({"refuse", "fill"}))
        ->type_name("WORD");
    command.add_flag("--accept-losses", options.accepts_losses, "exit with 0 although rows or values were refused");
    command.add_flag("--json", options.json, "the report as JSON");
}

}  // namespace poller::cli
