// The semantic model and its text form, for views as a catalog may show them.
#include <gtest/gtest.h>

#include "poller/errors.hpp"
#include "poller/powerbi/forecast_model.hpp"
#include "poller/powerbi/tmdl.hpp"

namespace poller::powerbi {
namespace {

[[nodiscard]] Table table_with(std::vector<Column> columns, std::vector<Measure> measures = {}) {
    return {.name = "A table's name",
            .view = "vw_a",
            .description = "First line.\nSecond line.",
            .columns = std::move(columns),
            .measures = std::move(measures),
            .is_calendar = false,
            .refreshed_by = "",
            .changed_by = ""};
}

const Source kSource{"db.example.com:5432", "sales \"#(1)\"", "public", "2026-10-01", "2026-12-01"};

TEST(Tmdl, QuotesNamesAndIndentsDescriptions) {
    const std::string text = table_tmdl(table_with({{.name = "Net value",
                                                     .source = "net_value",
                                                     .type = "decimal",
                                                     .format = "#,0.00",
                                                     .description = "What\nit is.",
                                                     .sort_by = "Other one",
                                                     .hidden = true,
                                                     .key = false}}),
                                        kSource);
    EXPECT_TRUE(text.starts_with("/// First line.\n/// Second line.\ntable 'A table''s name'\n\tlineageTag: "));
    EXPECT_NE(text.find("\n\t/// What\n\t/// it is.\n\tcolumn 'Net value'\n\t\tdataType: decimal\n\t\tisHidden\n"
                        "\t\tformatString: #,0.00\n\t\tlineageTag: "),
              std::string::npos);
    EXPECT_NE(text.find("\n\t\tsourceColumn: net_value\n\t\tsortByColumn: 'Other one'\n"), std::string::npos);
    EXPECT_EQ(text.find("refreshPolicy"), std::string::npos);
}

TEST(Tmdl, PutsSeveralLinesOfAMeasureBelowIt) {
    const std::string text = table_tmdl(
        table_with({}, {{"Short", "1 + 1", "0", "Sum."}, {"Long", "VAR X = 1\nRETURN X", "0", "Sum."}}), kSource);
    EXPECT_NE(text.find("\tmeasure Short = 1 + 1\n\t\tformatString: 0\n"), std::string::npos);
    EXPECT_NE(text.find("\tmeasure Long =\n\t\t\tVAR X = 1\n\t\t\tRETURN X\n\t\tformatString: 0\n"), std::string::npos);
}

TEST(Tmdl, EscapesTextsOfTheQueryLanguage) {
    const std::string text = expressions_tmdl(kSource);
    EXPECT_NE(text.find("expression Database = \"sales \"\"#(#)(1)\"\"\" meta "), std::string::npos);
    EXPECT_NE(text.find("expression RangeStart = #datetime(2026, 10, 1, 0, 0, 0) meta "), std::string::npos);
}

TEST(Tmdl, ConvertsTheParameterAndNotTheColumn) {
    Table table = table_with({});
    table.refreshed_by = "snapshot_date";
    table.changed_by = "loaded_at";
    const std::string text = table_tmdl(table, kSource);
    const std::string condition =
        "each [snapshot_date] >= Date.From(RangeStart) and [snapshot_date] < Date.From(RangeEnd))";
    const std::size_t partition = text.find(condition);
    const std::size_t polling = text.find(condition, partition + 1);
    const std::size_t policy = text.find(condition, polling + 1);
    EXPECT_LT(partition, text.find("\trefreshPolicy\n"));
    EXPECT_LT(polling, text.find("sourceExpression"));
    EXPECT_NE(policy, std::string::npos);
    EXPECT_NE(text.find("Newest = List.Max(Range[loaded_at])"), std::string::npos);
}

TEST(Tmdl, TagsDependOnThePlaceAlone) {
    const std::string one = table_tmdl(table_with({}), kSource);
    const std::string other = table_tmdl(table_with({}), {"elsewhere", "other", "public", "2020-01-01", "2020-02-01"});
    EXPECT_EQ(one, other);
}

[[nodiscard]] std::vector<View> no_columns() {
    std::vector<View> views;
    for (const std::string &name : forecast_views()) {
        views.push_back({name, "", {}});
    }
    return views;
}

TEST(ForecastModel, NamesWhatIsMissing) {
    EXPECT_THROW(
        {
            try {
                (void)forecast_model({});
            } catch (const PermanentError &error) {
                EXPECT_STREQ(error.what(), "view \"vw_forecast_latest\" does not exist");
                EXPECT_EQ(error.hint(), "Make it: SELECT pipeline_setup();");
                throw;
            }
        },
        PermanentError);
    EXPECT_THROW((void)forecast_model(no_columns()), PermanentError);
}

}  // namespace
}  // namespace poller::powerbi
