#include "core/rating_adjustment.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

struct Row {
    std::optional<int> projects;
    std::optional<Rate> confidence;
    std::optional<int> tier;
    std::string_view factors;
    int proposed;
    int adjustment;
};

TEST(RatingAdjustment, EveryConditionMustHold) {
    const Row rows[] = {
        {60, Rate{70'000}, 2, "key account", 5, 5},
        {60, Rate{70'000}, 2, "key account", -5, -5},
        {200, Rate{100'000}, 1, "x", 1, 1},
        {59, Rate{70'000}, 2, "key account", 5, 0},
        {60, Rate{69'999}, 2, "key account", 5, 0},
        {60, Rate{70'000}, 3, "key account", 5, 0},
        {60, Rate{70'000}, 2, "", 5, 0},
        {60, Rate{70'000}, 2, "  ", -5, 0},
        {{}, Rate{70'000}, 2, "key account", 5, 0},
        {60, {}, 2, "key account", 5, 0},
        {60, Rate{70'000}, {}, "key account", 5, 0},
        {15, Rate{15'000}, 5, "", 0, 0},
        {60, Rate{70'000}, 2, "key account", 50, 5},
        {60, Rate{70'000}, 2, "key account", -50, -5},
    };
    for (const Row &row : rows) {
        const AdjustedRating adjusted = adjust_rating({.baseline_rating = 50,
                                                       .proposed = row.proposed,
                                                       .segment_size = row.projects,
                                                       .conversion_confidence = row.confidence,
                                                       .tier = row.tier,
                                                       .special_factors = row.factors});
        EXPECT_EQ(adjusted.adjustment, row.adjustment) << "row " << &row - rows;
        EXPECT_EQ(adjusted.rating, 50 + row.adjustment) << "row " << &row - rows;
        EXPECT_EQ(adjusted.refusal.empty(), row.adjustment != 0 || row.proposed == 0) << "row " << &row - rows;
    }
}

TEST(RatingAdjustment, RefusalNamesEveryConditionThatWasMissed) {
    AdjustmentCase given;
    given.proposed = 5;
    EXPECT_EQ(adjust_rating(given).refusal,
              "segment has fewer than 60 projects; conversion confidence is below 0.70; segment is wider than tier 2; "
              "no special factors were named");
}

TEST(RatingAdjustment, RatingStaysWithin1And100) {
    const auto rating = [](int baseline, int proposed) {
        return adjust_rating({.baseline_rating = baseline,
                              .proposed = proposed,
                              .segment_size = 100,
                              .conversion_confidence = kRateOne,
                              .tier = 1,
                              .special_factors = "x"})
            .rating;
    };
    EXPECT_EQ(rating(98, 5), 100);
    EXPECT_EQ(rating(3, -5), 1);
    EXPECT_EQ(rating(95, 5), 100);
    EXPECT_EQ(rating(6, -5), 1);
}

}  // namespace
}  // namespace pipeline_forecast
