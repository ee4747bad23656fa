#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/outlook/season.hpp"
#include "golden_files.hpp"

namespace pipeline_forecast::outlook {
namespace {

std::vector<SeasonCount> repeated(const std::vector<double> &observed, int cycles, double expected) {
    std::vector<SeasonCount> months;
    for (int cycle = 0; cycle < cycles; ++cycle) {
        for (std::size_t position = 0; position < observed.size(); ++position) {
            months.push_back({.position = position, .observed = observed[position], .expected = expected});
        }
    }
    return months;
}

TEST(OutlookSeason, AsTheIndependentImplementation) {
    const std::filesystem::path path = golden::folder("golden_outlook") / "functions/season.csv";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no golden data at " << path;
    struct Case {
        std::size_t positions = 0;
        std::vector<SeasonCount> months;
        std::vector<double> expected;
    };
    std::map<int, Case> cases;
    for (const golden::Row &row : golden::read_csv(path)) {
        Case &one = cases[golden::parse<int>(row.at("case"))];
        one.positions = golden::parse<std::size_t>(row.at("positions"));
        one.months.push_back({.position = golden::parse<std::size_t>(row.at("position")),
                              .observed = golden::parse<double>(row.at("observed")),
                              .expected = golden::parse<double>(row.at("expected"))});
        one.expected.push_back(golden::parse<double>(row.at("log_factor")));
    }
    ASSERT_FALSE(cases.empty());
    for (const auto &[number, one] : cases) {
        const std::vector<double> factors = season_of_counts(one.months, one.positions, {});
        for (std::size_t month = 0; month < one.months.size(); ++month) {
            EXPECT_NEAR(factors[one.months[month].position], one.expected[month],
                        std::max(1e-12, 1e-9 * std::abs(one.expected[month])))
                << "case " << number << ", month " << month;
        }
    }
}

TEST(OutlookSeason, NoneFromOneCycle) {
    for (const double factor : season_of_counts(repeated({5, 50, 20}, 1, 25.0), 3, {})) EXPECT_EQ(factor, 0.0);
}

TEST(OutlookSeason, LearnedWhereItRepeats) {
    const std::vector<double> factors = season_of_counts(repeated({60, 150, 90}, 5, 100.0), 3, {});
    EXPECT_LT(factors[0], factors[2]);
    EXPECT_LT(factors[2], factors[1]);
    EXPECT_NEAR(std::exp(factors[0]) + std::exp(factors[1]) + std::exp(factors[2]), 3.0, 1e-9);
}

TEST(OutlookSeason, NumbersEvenWhereNothingHappened) {
    for (const double factor : season_of_counts(repeated({0, 0, 0}, 3, 4.0), 3, {})) {
        EXPECT_TRUE(std::isfinite(factor));
    }
}

}  // namespace
}  // namespace pipeline_forecast::outlook
