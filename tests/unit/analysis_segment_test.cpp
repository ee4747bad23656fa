// What an engine is made of: bands, fields and tiers, coded projects, segments and their profiles.
#include "core/analysis/segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/analysis/value_band.hpp"
#include "core/analysis/value_mean.hpp"
#include "analysis_moment.hpp"

namespace pipeline_forecast::analysis {
namespace {

TEST(AnalysisValueBand, UpperBoundsAreInclusive) {
    EXPECT_EQ(value_band(std::nullopt), ValueBand::kZero);
    EXPECT_EQ(value_band(Money{std::numeric_limits<std::int64_t>::min()}), ValueBand::kZero);
    EXPECT_EQ(value_band(Money{-1}), ValueBand::kZero);
    EXPECT_EQ(value_band(Money{0}), ValueBand::kZero);
    EXPECT_EQ(value_band(Money{1}), ValueBand::kSmall);
    EXPECT_EQ(value_band(Money{15'000'00}), ValueBand::kSmall);
    EXPECT_EQ(value_band(Money{15'000'01}), ValueBand::kMedium);
    EXPECT_EQ(value_band(Money{40'000'00}), ValueBand::kMedium);
    EXPECT_EQ(value_band(Money{40'000'01}), ValueBand::kLarge);
    EXPECT_EQ(value_band(Money{100'000'00}), ValueBand::kLarge);
    EXPECT_EQ(value_band(Money{100'000'01}), ValueBand::kXLarge);
    EXPECT_EQ(value_band(Money{std::numeric_limits<std::int64_t>::max()}), ValueBand::kXLarge);
}

TEST(AnalysisValueBand, Names) {
    EXPECT_EQ(to_string(ValueBand::kZero), "Zero");
    EXPECT_EQ(to_string(ValueBand::kSmall), "Small (<15k)");
    EXPECT_EQ(to_string(ValueBand::kMedium), "Medium (15-40k)");
    EXPECT_EQ(to_string(ValueBand::kLarge), "Large (40-100k)");
    EXPECT_EQ(to_string(ValueBand::kXLarge), "XLarge (>100k)");
}

TEST(AnalysisTiers, Fields) {
    using enum Field;
    EXPECT_EQ(tier_fields(1), (FieldSet{kAccount, kType, kCategory, kProductType}));
    EXPECT_EQ(tier_fields(2), (FieldSet{kType, kCategory, kProductType}));
    EXPECT_EQ(tier_fields(3), (FieldSet{kType, kCategory}));
    EXPECT_EQ(tier_fields(4), (FieldSet{kCategory}));
    EXPECT_EQ(tier_fields(5), FieldSet{});
    EXPECT_TRUE(tier_fields(5).empty());
    EXPECT_EQ(to_string(kAccount), "account");
    EXPECT_EQ(to_string(kType), "type");
    EXPECT_EQ(to_string(kCategory), "category");
    EXPECT_EQ(to_string(kProductType), "product_type");
}

TEST(AnalysisProjectSet, KeepsIdsAndCodesTexts) {
    ProjectSet projects;
    projects.reserve(3);
    projects.add({.id = "a", .account = "North", .category = "House"});
    projects.add({.id = "", .account = "north", .category = "House"});
    projects.add({.id = "longer than any short string would be", .account = "North", .type = "North"});
    ASSERT_EQ(projects.size(), 3U);
    EXPECT_EQ(projects.id(0), "a");
    EXPECT_EQ(projects.id(1), "");
    EXPECT_EQ(projects.id(2), "longer than any short string would be");
    EXPECT_NE(projects[0].key.code(Field::kAccount), projects[1].key.code(Field::kAccount));
    EXPECT_EQ(projects[0].key.code(Field::kAccount), projects[2].key.code(Field::kAccount));
    EXPECT_EQ(projects[0].key.code(Field::kCategory), projects[1].key.code(Field::kCategory));
    EXPECT_EQ(projects[0].key.code(Field::kType), SegmentKey::kMissing);

    const CodedProject stranger = projects.encode({.id = "x", .account = "North", .category = "Unheard of"});
    EXPECT_EQ(stranger.key.code(Field::kAccount), projects[0].key.code(Field::kAccount));
    EXPECT_EQ(stranger.key.code(Field::kCategory), SegmentKey::kUnknown);
    EXPECT_EQ(stranger.key.code(Field::kType), SegmentKey::kMissing);
    EXPECT_EQ(projects.size(), 3U);
}

TEST(AnalysisSegment, PartsHoldTheMinimumAndAgreeInTheirFields) {
    ProjectSet projects;
    const auto add = [&projects](int count, std::string_view category, std::string_view type) {
        for (int i = 0; i < count; ++i) projects.add({.id = "p", .type = type, .category = category});
    };
    add(2, "House", "New");
    add(3, "Hotel", "New");
    add(4, "", "New");
    add(1, "Hotel", "");
    std::vector<std::uint32_t> rows(projects.size());
    std::iota(rows.begin(), rows.end(), 0U);
    const SegmentRules rules{projects, {.as_of = {kToday, 0.5}}, 3};
    Segment everything(rules, rows, {});
    EXPECT_EQ(everything.size(), 10U);

    const std::uint32_t house = projects[0].key.code(Field::kCategory);
    const std::uint32_t hotel = projects[2].key.code(Field::kCategory);
    const std::uint32_t new_build = projects[0].key.code(Field::kType);
    EXPECT_EQ(everything.part(Field::kCategory, house), nullptr);
    EXPECT_EQ(everything.part(Field::kCategory, SegmentKey::kUnknown), nullptr);
    EXPECT_EQ(everything.part(Field::kCategory, SegmentKey::kMissing), nullptr);
    Segment *hotels = everything.part(Field::kCategory, hotel);
    ASSERT_NE(hotels, nullptr);
    EXPECT_EQ(hotels->size(), 4U);
    EXPECT_EQ(hotels->fields(), FieldSet{Field::kCategory});
    EXPECT_EQ(everything.part(Field::kCategory, hotel), hotels);

    Segment *new_hotels = hotels->part(Field::kType, new_build);
    ASSERT_NE(new_hotels, nullptr);
    EXPECT_EQ(new_hotels->size(), 3U);
    EXPECT_EQ(new_hotels->fields(), (FieldSet{Field::kCategory, Field::kType}));
    EXPECT_EQ(everything.part(Field::kType, new_build)->size(), 9U);
}

TEST(AnalysisSegmentProfile, WinRecords) {
    const WinRecords records({{3, 0, 2}, {7, 2, 3}});
    EXPECT_EQ(records.of(7).won, 2U);
    EXPECT_EQ(records.of(7).total, 3U);
    EXPECT_EQ(records.of(3).won, 0U);
    EXPECT_EQ(records.of(3).total, 2U);
    EXPECT_EQ(records.of(5).total, 0U);
    EXPECT_EQ(records.of(SegmentKey::kUnknown).total, 0U);
    EXPECT_EQ(WinRecords{}.of(1).total, 0U);
}

ValueRanks ranks_of(const std::vector<std::int64_t> &ascending_cents) {
    std::vector<std::uint64_t> keys;
    keys.reserve(ascending_cents.size());
    for (const std::int64_t cents : ascending_cents) keys.push_back(ValueRanks::key(Money{cents}));
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    return ValueRanks(keys);
}

TEST(AnalysisSegmentProfile, ValueRanksCountPositiveValuesOnly) {
    const ValueRanks ranks = ranks_of({-900, 0, 100, 500, 500, 1000});
    EXPECT_EQ(ranks.share_up_to(Money{-900}), 0.0);
    EXPECT_EQ(ranks.share_up_to(Money{99}), 0.0);
    EXPECT_EQ(ranks.share_up_to(Money{100}), 0.25);
    EXPECT_EQ(ranks.share_up_to(Money{499}), 0.25);
    EXPECT_EQ(ranks.share_up_to(Money{500}), 0.75);
    EXPECT_EQ(ranks.share_up_to(Money{1000}), 1.0);
    EXPECT_EQ(ranks.mean_cents(), 200.0);

    EXPECT_FALSE(ranks_of({-5, 0}).share_up_to(Money{10}));
    EXPECT_EQ(ranks_of({-5, 0}).mean_cents(), -2.5);
    EXPECT_FALSE(ValueRanks{}.share_up_to(Money{10}));
    EXPECT_FALSE(ValueRanks{}.mean_cents());
}

TEST(AnalysisSegmentProfile, AggregatesItsRowsOnly) {
    ProjectSet projects;
    projects.add({.id = "1",
                  .account = "North",
                  .new_enquiry_value = Money{300},
                  .gestation_period = 40,
                  .outcome = Outcome::kWon,
                  .date_created = kToday});
    projects.add({.id = "2", .account = "North", .new_enquiry_value = Money{900}, .gestation_period = 90});
    projects.add({.id = "3",
                  .account = "North",
                  .gestation_period = 0,
                  .outcome = Outcome::kLost,
                  .date_created = kToday - std::chrono::days{10}});
    const std::vector<std::uint32_t> rows{0, 2};
    const SegmentProfile profile(projects, rows, {.as_of = {kToday, 0.5}});
    const SegmentFacts facts = profile.facts_for(projects[0]);
    EXPECT_EQ(facts.outcomes.won, 1U);
    EXPECT_EQ(facts.outcomes.lost, 1U);
    EXPECT_EQ(facts.outcomes.open, 0U);
    EXPECT_EQ(facts.outcomes.oldest, kToday - std::chrono::days{10});
    EXPECT_EQ(facts.outcomes.newest, kToday);
    EXPECT_EQ(facts.gestation.baseline.sample_size, 1U);
    EXPECT_EQ(facts.mean_value_cents, 300.0);
    EXPECT_EQ(facts.value_share, 1.0);
    EXPECT_EQ(facts.account->won, 1U);
    EXPECT_EQ(facts.account->total, 2U);
    EXPECT_FALSE(facts.product_type) << "the project has none";

    const SegmentProfile empty(projects, {}, {.as_of = {kToday, 0.5}});
    EXPECT_EQ(empty.outcomes().total(), 0U);
    EXPECT_FALSE(empty.outcomes().oldest);
    EXPECT_FALSE(empty.outcomes().newest);
}

TEST(AnalysisValueMean, IsThatOfWhatIsLeft) {
    ValueMean mean;
    EXPECT_FALSE(mean.cents());
    constexpr Money kMost{std::numeric_limits<std::int64_t>::max()};
    for (int i = 0; i < 4; ++i) mean.add(kMost);
    EXPECT_EQ(mean.cents(), static_cast<double>(kMost.cents)) << "beyond 64 bits";
    mean.add(Money{-7});
    for (int i = 0; i < 4; ++i) mean.remove(kMost);
    EXPECT_EQ(mean.cents(), -7.0);
    mean.remove(Money{-7});
    EXPECT_FALSE(mean.cents());
}

}  // namespace
}  // namespace pipeline_forecast::analysis
