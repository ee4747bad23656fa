#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

#include "core/outlook/cumulants.hpp"
#include "core/outlook/normal.hpp"
#include "core/outlook/quantile.hpp"
#include "core/outlook/wilson.hpp"
#include "golden_files.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr std::array kShares{1e-7, 0.02, 0.13, 0.4, 0.5, 0.77, 0.93, 0.995, 1.0 - 1e-7};

Columns sum_of_deals(int deals, double p, double value) {
    Columns sum;
    for (int i = 0; i < deals; ++i) sum += deal_columns(p / (1 + i % 3), value * (1 + i % 7), 0.05);
    return sum;
}

TEST(OutlookQuantile, AsTheIndependentImplementation) {
    const std::filesystem::path path = golden::folder("golden_outlook") / "functions/quantile.csv";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no golden data at " << path;
    const std::vector<golden::Row> rows = golden::read_csv(path);
    ASSERT_FALSE(rows.empty());
    for (const golden::Row &row : rows) {
        const auto number = [&row](const char *column) { return golden::parse<double>(row.at(column)); };
        const Columns columns{.k1 = number("k1"), .k2 = number("k2"), .k3 = number("k3"), .l0 = number("l0")};
        const double shock = number("shock_variance");
        const double expected = number("value");
        EXPECT_NEAR(quantile(columns, shock, number("q")), expected, 1e-7 * std::abs(expected))
            << number("deals") << " deals, q " << number("q");
    }
}

TEST(OutlookQuantile, NothingIsNothing) {
    for (const double q : kShares) EXPECT_EQ(quantile({}, 0.04, q), 0.0);
    EXPECT_EQ(probability_at_least({}, 0.04, 1.0), 0.0);
    EXPECT_EQ(probability_at_least({}, 0.04, 0.0), 1.0);
}

TEST(OutlookQuantile, OneSureDealWithoutShock) {
    const Columns columns = deal_columns(1.0, 700.0, 0.0);
    EXPECT_NEAR(quantile(columns, 0.0, 0.5), 700.0, 1e-3);
    EXPECT_NEAR(probability_at_least(columns, 0.0, 699.0), 1.0, 1e-6);
    EXPECT_NEAR(probability_at_least(columns, 0.0, 701.0), 0.0, 1e-6);
}

TEST(OutlookQuantile, GrowsWithTheShare) {
    for (const int deals : {1, 2, 9, 140}) {
        for (const double shock : {0.0, 0.05, 0.9}) {
            const Columns columns = sum_of_deals(deals, 0.31, 12'500.0);
            double before = -std::numeric_limits<double>::infinity();
            for (const double q : kShares) {
                const double value = quantile(columns, shock, q);
                EXPECT_GE(value, before) << deals << " deals, shock " << shock << ", q " << q;
                before = value;
            }
        }
    }
}

TEST(OutlookQuantile, ProbabilityIsItsInverse) {
    for (const int deals : {3, 9, 140}) {
        for (const double shock : {0.0, 0.05, 0.4}) {
            const Columns columns = sum_of_deals(deals, 0.22, 3'400.0);
            for (const double q : kShares) {
                const double value = quantile(columns, shock, q);
                const bool alone = value > quantile(columns, shock, q / 2.0);  // no other share has the same value
                if (alone) {
                    EXPECT_NEAR(probability_at_least(columns, shock, value), 1.0 - q, 1e-9);
                }
            }
        }
    }
}

TEST(OutlookQuantile, ScalesWithTheMoney) {
    const Columns small = sum_of_deals(12, 0.4, 80.0);
    const Columns large = sum_of_deals(12, 0.4, 80'000.0);
    for (const double q : kShares) {
        EXPECT_NEAR(quantile(large, 0.06, q), 1'000.0 * quantile(small, 0.06, q), 1e-9 * quantile(large, 0.06, q));
    }
}

TEST(OutlookQuantile, NeverBelowTheLeastThatCanCome) {
    Columns columns = deal_columns(0.4, -900.0, 0.02);
    columns += deal_columns(0.3, 500.0, 0.02);
    EXPECT_EQ(columns.neg, -900.0);
    for (const double q : kShares) EXPECT_GE(quantile(columns, 0.04, q), -900.0);
    EXPECT_EQ(probability_at_least(columns, 0.04, -900.0), 1.0);
}

TEST(OutlookQuantile, ColumnsOfAnyPartitionAddUp) {
    const Columns all = sum_of_deals(21, 0.3, 1'000.0);
    Columns parts;
    for (const int remainder : {0, 1, 2, 3}) {
        for (int i = remainder; i < 21; i += 4) parts += deal_columns(0.3 / (1 + i % 3), 1'000.0 * (1 + i % 7), 0.05);
    }
    EXPECT_NEAR(parts.k1, all.k1, 1e-12 * all.k1);
    EXPECT_NEAR(parts.k2, all.k2, 1e-12 * all.k2);
    EXPECT_NEAR(parts.k3, all.k3, 1e-12 * all.k3);
    EXPECT_NEAR(parts.l0, all.l0, 1e-12);
}

TEST(OutlookNormal, KnownPoints) {
    EXPECT_EQ(normal_quantile(0.5), 0.0);
    EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-15);
    EXPECT_NEAR(normal_quantile(0.1), -1.2815515655446004, 1e-15);
    EXPECT_NEAR(normal_quantile(1e-9), -5.997807015007687, 1e-14);
    for (const double p : kShares) EXPECT_NEAR(normal_share(normal_quantile(p)), p, 1e-15);
}

TEST(OutlookWilson, KnownIntervals) {
    EXPECT_NEAR(wilson(19, 24).low, 0.5953, 5e-5);
    EXPECT_NEAR(wilson(19, 24).high, 0.9076, 5e-5);
    EXPECT_EQ(wilson(0, 8).low, 0.0);
    EXPECT_NEAR(wilson(0, 8).high, 0.3244, 5e-5);
    EXPECT_EQ(wilson(0, 0).low, 0.0);
    EXPECT_EQ(wilson(0, 0).high, 1.0);
}

}  // namespace
}  // namespace pipeline_forecast::outlook
