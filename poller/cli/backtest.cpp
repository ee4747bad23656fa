// pipeline-poller backtest: how good the forecast was. The figures, the report and what to do about it are the
// database's (forecast_backtest, forecast_backtest_report); this writes them down, with a plot.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/table.hpp"
#include "poller/cli/text_file.hpp"
#include "poller/errors.hpp"
#include "poller/reports/backtest_plot.hpp"

namespace poller::cli {
namespace {

namespace fs = std::filesystem;

struct BacktestOptions {
    int months_back = 6;
    int lag_days = 1;
    std::string minimum_actual = "1.0";
    bool replay = false;
    std::optional<std::string> last_month;
    std::optional<std::string> out;
    bool json = false;

    [[nodiscard]] db::Params parameters() const {
        return db::params(months_back, lag_days, minimum_actual, replay, last_month);
    }
};

// The report, and what is written beside it under the same name.
struct Files {
    fs::path report;
    fs::path plot;
    fs::path figures;
};

[[nodiscard]] Files files_for(const fs::path &report) {
    if (report.extension() == ".svg" || report.extension() == ".csv") {
        throw ConfigError(
            fmt::format("--out names the report, not \"{}\": the plot (.svg) and the figures (.csv) are "
                        "written beside it",
                        report.filename().string()));
    }
    Files files{report, report, report};
    files.plot.replace_extension(".svg");
    files.figures.replace_extension(".csv");
    for (const fs::path &file : {files.report, files.plot, files.figures}) {
        require_folder_of(file);
    }
    return files;
}

[[nodiscard]] std::vector<reports::ForecastMonth> plotted_months(const db::Result &rows) {
    std::vector<reports::ForecastMonth> months;
    for (const db::Row row : rows) {
        if (row["segment"].text() == "total" && !row["forecast_month"].is_null()) {
            const db::Field naive = row["naive_mean"];
            months.push_back({static_cast<int>(row["horizon"].integer()), std::string(row["forecast_month"].text()),
                              row["actual_value"].real(), row["expected_value"].real(), row["committed_value"].real(),
                              row["worst_case_value"].real(), row["best_case_value"].real(),
                              naive.is_null() ? std::nullopt : std::optional(naive.real())});
        }
    }
    return months;
}

[[nodiscard]] awaitable<int> backtest(db::Connection &database, const BacktestOptions &options) {
    const std::optional<Files> files = options.out ? std::optional(files_for(*options.out)) : std::nullopt;
    // One moment for all: the report, its plot and its figures agree.
    co_await database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const db::Result rows = co_await database.execute(
        "SELECT * FROM forecast_backtest($1, $2, $3::numeric, $4, $5::date)", options.parameters());
    if (rows.empty()) {
        const db::Result reason = co_await database.execute(
            "SELECT recommendation FROM forecast_backtest_recommendations($1, $2, $3::numeric, $4, $5::date)",
            options.parameters());
        throw PermanentError("there is nothing to test", {"", "", std::string(reason[0][0].text())});
    }
    if (options.json) {
        fmt::print("{}", json_rows(rows));
        co_return 0;
    }
    const db::Result report = co_await database.execute(
        "SELECT forecast_backtest_report($1, $2, $3::numeric, $4, $5::date)", options.parameters());
    const db::Result currency = co_await database.execute("SELECT pipeline_setting('currency')");
    std::string markdown(report[0][0].text());
    if (!files) {
        fmt::print("{}", markdown);
        co_return 0;
    }
    markdown += fmt::format(
        "\n## Plot\n\n![Forecast bands against what was invoiced](<{}>)\n\nAll figures, by segment, "
        "horizon and month: [{}](<{}>)\n",
        files->plot.filename().string(), files->figures.filename().string(), files->figures.filename().string());
    write_file(files->figures, csv_rows(rows));
    write_file(files->plot, reports::backtest_plot(plotted_months(rows), currency[0][0].text()));
    write_file(files->report, markdown);
    for (const fs::path &file : {files->report, files->plot, files->figures}) {
        fmt::print("wrote {}\n", file.string());
    }
    co_return 0;
}

}  // namespace

void add_backtest(CommandLine &line) {
    CLI::App *command =
        line.program.add_subcommand("backtest", "Compare forecasts with what was invoiced: report, plot and figures");
    auto options = std::make_shared<BacktestOptions>();
    command->add_option("--months-back", options->months_back, "complete months to test")->capture_default_str();
    command->add_option("--lag-days", options->lag_days, "a forecast counts if it was made this long before its month")
        ->capture_default_str()
        ->type_name("DAYS");
    command
        ->add_option("--minimum-actual", options->minimum_actual, "less, invoiced to a project in a month, is nothing")
        ->capture_default_str()
        ->type_name("AMOUNT");
    command->add_flag("--replay", options->replay, "compute the forecasts from history instead of reading snapshots");
    command
        ->add_option("--last-month", options->last_month,
                     "YYYY-MM-DD, any day of the newest month to test; the last complete month if left out")
        ->type_name("DAY");
    CLI::Option *out = command->add_option(
        "--out", options->out, "write the report (Markdown) here, the plot (.svg) and the figures (.csv) beside it");
    out->type_name("FILE");
    command->add_flag("--json", options->json, "print the figures as JSON")->excludes(out);
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context,
                                 [options](db::Connection &database) { return backtest(database, *options); });
        };
    });
}

}  // namespace poller::cli
