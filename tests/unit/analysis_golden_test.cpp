// 600 projects with the results that an independent implementation gave for them at noon UTC of 2026-02-17.
// PIPELINE_TEST_DATA names the folder that holds golden_analysis/projects.csv and expected.csv.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "core/analysis/engine.hpp"
#include "core/analysis/rounding.hpp"
#include "golden_files.hpp"

namespace pipeline_forecast::analysis {
namespace {

using golden::parse;
using golden::parse_optional;
using golden::read_csv;
using golden::Row;

constexpr Moment kNoon{std::chrono::year{2026} / 2 / 17, 0.5};
constexpr int kTieTolerance = 3;  // days

// "1801.5" -> 180150
std::optional<Money> parse_money(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string cents(point < text.size() ? text.substr(point + 1) : "");
    cents.resize(2, '0');
    return Money{parse<std::int64_t>(std::string(text.substr(0, point)) + cents)};
}

// "2026-02-17"
std::optional<Day> parse_day(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return std::chrono::year{parse<int>(text.substr(0, 4))} / parse<int>(text.substr(5, 2)) /
           parse<int>(text.substr(8, 2));
}

Outcome outcome_of(std::string_view stage) {
    if (stage == "Won - Closed (Invoiced)") return Outcome::kWon;
    if (stage == "Lost") return Outcome::kLost;
    return Outcome::kOpen;
}

// The views point into the row.
ProjectRow project_of(const Row &row) {
    return {.id = row.at("monday_id"),
            .account = row.at("account"),
            .type = row.at("type"),
            .category = row.at("category"),
            .product_type = row.at("product_type"),
            .new_enquiry_value = parse_money(row.at("new_enquiry_value")),
            .gestation_period = parse_optional<int>(row.at("gestation_period")),
            .outcome = outcome_of(row.at("pipeline_stage")),
            .date_created = parse_day(row.at("date_created"))};
}

// Whether two of the gestations behind an estimate are equal, so that their order within the quantile is a choice.
bool has_ties(const ProjectSet &projects, const CodedProject &target, const Analysis &analysis) {
    std::set<int> seen;
    for (std::size_t row = 0; row < projects.size(); ++row) {
        const CodedProject &other = projects[row];
        if (!is_valid_gestation(other.gestation_period) || !other.date_created) continue;
        if (*other.date_created < kNoon.day - std::chrono::days{Config{}.look_back_days}) continue;
        bool belongs = true;
        for (const Field field : kFields) {
            const bool filters = analysis.segment.filter.contains(field) && !analysis.gestation_is_global;
            if (filters && other.key.code(field) != target.key.code(field)) belongs = false;
        }
        if (belongs && !seen.insert(*other.gestation_period).second) return true;
    }
    return false;
}

TEST(AnalysisGolden, AllProjects) {
    const std::filesystem::path folder = golden::folder("golden_analysis");
    if (!std::filesystem::exists(folder / "expected.csv")) {
        GTEST_SKIP() << "no golden data in " << folder
                     << "; set PIPELINE_TEST_DATA to the folder that holds golden_analysis";
    }
    const std::vector<Row> rows = read_csv(folder / "projects.csv");
    const std::vector<Row> expected_rows = read_csv(folder / "expected.csv");
    ASSERT_EQ(rows.size(), expected_rows.size());
    ASSERT_FALSE(rows.empty());

    ProjectSet projects;
    for (const Row &row : rows) projects.add(project_of(row));
    Engine engine(projects, kNoon);

    int needed_tolerance = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const Row &expected = expected_rows[row];
        ASSERT_EQ(projects.id(row), expected.at("project_id"));
        SCOPED_TRACE(expected.at("project_id"));
        const Analysis analysis = engine.analyze(row);

        EXPECT_EQ(analysis.segment.tier, parse<int>(expected.at("tier")));
        EXPECT_EQ(analysis.segment.segment_size, parse<std::size_t>(expected.at("segment_n")));

        const GestationBaseline &gestation = analysis.gestation;
        EXPECT_EQ(gestation.sample_size, parse<std::size_t>(expected.at("gestation_n")));
        EXPECT_EQ(gestation.confidence, parse<double>(expected.at("gestation_confidence")));
        const auto days = parse_optional<int>(expected.at("expected_gestation_days"));
        ASSERT_EQ(gestation.statistics.has_value(), days.has_value());
        if (days) {
            const int distance =
                std::max({std::abs(gestation.statistics->median - *days),
                          std::abs(gestation.statistics->p25 - parse<int>(expected.at("gestation_p25"))),
                          std::abs(gestation.statistics->p75 - parse<int>(expected.at("gestation_p75")))});
            EXPECT_LE(distance, has_ties(projects, projects[row], analysis) ? kTieTolerance : 0);
            needed_tolerance += distance > 0 ? 1 : 0;
        }

        EXPECT_NEAR(analysis.inclusive.rate.value(), parse<double>(expected.at("conversion_rate")), 1e-9);
        EXPECT_EQ(analysis.inclusive.confidence, parse<double>(expected.at("conversion_confidence")));
        EXPECT_EQ(analysis.outcomes.won, parse<std::size_t>(expected.at("wins")));
        EXPECT_EQ(analysis.outcomes.lost, parse<std::size_t>(expected.at("losses")));
        EXPECT_EQ(analysis.outcomes.open, parse<std::size_t>(expected.at("open")));
        const auto closed_only = parse_optional<double>(expected.at("closed_only_rate"));
        ASSERT_EQ(analysis.closed_only.rate.has_value(), closed_only.has_value());
        if (closed_only) {
            EXPECT_NEAR(*analysis.closed_only.rate, *closed_only, 1e-9);
        }

        const Rating &rating = analysis.rating;
        EXPECT_EQ(rating.score, parse<int>(expected.at("rating_score")));
        const auto expect_score = [&expected](double score, const char *column) {
            EXPECT_EQ(round_half_even(score, 3), parse<double>(expected.at(column))) << column;
        };
        expect_score(rating.conversion_score, "conversion_score");
        expect_score(rating.gestation_score, "gestation_score");
        expect_score(rating.value_score, "value_score");
        expect_score(rating.account_score, "account_score");
        expect_score(rating.product_type_score, "product_score");
    }
    std::cout << rows.size() << " projects compared, " << needed_tolerance
              << " needed the tolerance for tied gestation values\n";
    RecordProperty("needed_tie_tolerance", needed_tolerance);
}

}  // namespace
}  // namespace pipeline_forecast::analysis
