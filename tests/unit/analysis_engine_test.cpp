// The engine: which segment a project gets, what is read of the whole set, what an analysis shows.
#include "core/analysis/engine.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/input_error.hpp"
#include "analysis_moment.hpp"

namespace pipeline_forecast::analysis {
namespace {

using std::chrono::days;

// A project of today that is compared by all four fields.
const ProjectRow kProject{.id = "p",
                          .account = "North",
                          .type = "New Build",
                          .category = "House",
                          .product_type = "Board A",
                          .new_enquiry_value = Money{20'000'00},
                          .gestation_period = std::nullopt,
                          .outcome = Outcome::kOpen,
                          .date_created = kToday};

void add(ProjectSet &projects, int count, const ProjectRow &row) {
    for (int i = 0; i < count; ++i) projects.add(row);
}

ProjectRow with_account(std::string_view account) {
    ProjectRow row = kProject;
    row.account = account;
    return row;
}

ProjectRow with_gestation(std::optional<int> gestation_period) {
    ProjectRow row = kProject;
    row.gestation_period = gestation_period;
    return row;
}

TEST(AnalysisEngine, FifteenRowsMakeASegment) {
    ProjectSet projects;
    add(projects, 14, kProject);
    EXPECT_EQ(Engine(projects, kNow).analyze(0).segment.tier, kGlobalTier);
    projects.add(kProject);
    const SegmentChoice choice = Engine(projects, kNow).analyze(0).segment;
    EXPECT_EQ(choice.tier, 1);
    EXPECT_EQ(choice.segment_size, 15U);
    EXPECT_EQ(choice.filter, tier_fields(1));
    EXPECT_FALSE(choice.reads_global);
}

TEST(AnalysisEngine, TiersWidenOneFieldAtATime) {
    ProjectRow other = kProject;
    const auto tier_among = [](const ProjectRow &others) {
        ProjectSet projects;
        projects.add(kProject);
        add(projects, 14, others);
        return Engine(projects, kNow).analyze(0).segment;
    };
    other.account = "South";
    EXPECT_EQ(tier_among(other).tier, 2);
    EXPECT_FALSE(tier_among(other).reads_global);
    other.product_type = "Board B";
    EXPECT_EQ(tier_among(other).tier, 3);
    EXPECT_FALSE(tier_among(other).reads_global);
    other.type = "Refurbishment";
    EXPECT_EQ(tier_among(other).tier, 4);
    EXPECT_TRUE(tier_among(other).reads_global);
    other.category = "Hotel";
    EXPECT_EQ(tier_among(other).tier, 5);
    EXPECT_TRUE(tier_among(other).reads_global);
    EXPECT_EQ(tier_among(other).filter, FieldSet{});
    EXPECT_EQ(tier_among(other).segment_size, 15U);
}

TEST(AnalysisEngine, TextsMatchExactly) {
    ProjectSet projects;
    add(projects, 15, kProject);
    Engine engine(projects, kNow);
    EXPECT_EQ(engine.analyze(with_account("North")).segment.tier, 1);
    for (const std::string_view account : {"north", "North ", "North, South", "Unheard of"}) {
        EXPECT_EQ(engine.analyze(with_account(account)).segment.tier, 2) << account;
    }
}

TEST(AnalysisEngine, MissingFieldIsDroppedButTheTierKeepsItsNumber) {
    ProjectSet projects;
    add(projects, 10, with_account("North"));
    add(projects, 10, with_account("South"));
    Engine engine(projects, kNow);

    SegmentChoice choice = engine.analyze(with_account("")).segment;
    EXPECT_EQ(choice.tier, 1);
    EXPECT_EQ(choice.segment_size, 20U);
    EXPECT_EQ(choice.filter, tier_fields(2));

    choice = engine.analyze(ProjectRow{.id = "nothing set"}).segment;
    EXPECT_EQ(choice.tier, 1);
    EXPECT_EQ(choice.segment_size, 20U);
    EXPECT_TRUE(choice.filter.empty());
    EXPECT_FALSE(choice.reads_global);

    // Rows that lack a field do not match a project that has it.
    ProjectSet anonymous;
    add(anonymous, 20, with_account(""));
    EXPECT_EQ(Engine(anonymous, kNow).analyze(with_account("North")).segment.tier, 2);
}

TEST(AnalysisEngine, NothingSetAndTooFewRowsIsGlobal) {
    ProjectSet projects;
    add(projects, 14, {.id = "bare", .date_created = kToday});
    const SegmentChoice choice = Engine(projects, kNow).analyze(0).segment;
    EXPECT_EQ(choice.tier, kGlobalTier);
    EXPECT_EQ(choice.segment_size, 14U);
}

TEST(AnalysisEngine, LookBackIncludesItsFirstDayAndTheFuture) {
    const auto size_when_created = [](std::optional<Day> created) {
        ProjectRow row = kProject;
        row.date_created = created;
        ProjectSet projects;
        projects.add(row);
        return Engine(projects, {kToday, 0.999}).analyze(0).segment.segment_size;
    };
    EXPECT_EQ(size_when_created(kToday - days{1826}), 0U);
    EXPECT_EQ(size_when_created(kToday - days{1825}), 1U);
    EXPECT_EQ(size_when_created(kToday + days{1}), 1U);
    EXPECT_EQ(size_when_created(Day{days{std::numeric_limits<int>::max()}}), 1U);
    EXPECT_EQ(size_when_created(Day{days{std::numeric_limits<int>::min()}}), 0U);
    EXPECT_EQ(size_when_created(std::nullopt), 0U);
}

TEST(AnalysisEngine, UndatedProjectIsAnalysedButBelongsToNoSegment) {
    ProjectSet projects;
    ProjectRow undated = kProject;
    undated.date_created = std::nullopt;
    projects.add(undated);
    add(projects, 15, kProject);
    const Analysis analysis = Engine(projects, kNow).analyze(0);
    EXPECT_EQ(analysis.segment.tier, 1);
    EXPECT_EQ(analysis.segment.segment_size, 15U);
    EXPECT_EQ(analysis.newest, kToday);
}

TEST(AnalysisEngine, EmptySet) {
    const ProjectSet projects;
    const Analysis analysis = Engine(projects, kNow).analyze(kProject);
    EXPECT_EQ(analysis.segment.tier, kGlobalTier);
    EXPECT_EQ(analysis.segment.segment_size, 0U);
    EXPECT_FALSE(analysis.oldest);
    EXPECT_FALSE(analysis.mean_value_cents);
    EXPECT_FALSE(analysis.gestation.expected_days());
    EXPECT_EQ(analysis.gestation.confidence, 0.0);
    EXPECT_FALSE(analysis.gestation_is_global);
    EXPECT_EQ(analysis.inclusive.rate, 0.5);
    EXPECT_EQ(analysis.inclusive.confidence, 0.0);
    EXPECT_FALSE(analysis.closed_only.rate);
    EXPECT_FALSE(analysis.prior);
    EXPECT_EQ(analysis.rating.value_score, 0.55);
    EXPECT_EQ(analysis.rating.gestation_score, 0.60);
    EXPECT_EQ(analysis.rating.account_score, 0.5);
}

TEST(AnalysisEngine, DenseSegmentWithFewGestationsHasNoEstimate) {
    ProjectSet projects;
    add(projects, 13, kProject);
    add(projects, 2, with_gestation(50));
    ProjectRow elsewhere = with_gestation(80);
    elsewhere.category = "Hotel";
    add(projects, 20, elsewhere);
    const Analysis analysis = Engine(projects, kNow).analyze(0);
    EXPECT_EQ(analysis.segment.tier, 1);
    EXPECT_FALSE(analysis.gestation.expected_days());
    EXPECT_EQ(analysis.gestation.sample_size, 2U);
    EXPECT_FALSE(analysis.gestation_is_global);
    EXPECT_EQ(analysis.rating.gestation_score, 0.60);
    EXPECT_FALSE(analysis.prior);
}

TEST(AnalysisEngine, WideSegmentWithFewGestationsTakesTheGlobalOne) {
    ProjectSet projects;
    add(projects, 13, kProject);
    add(projects, 2, with_gestation(50));
    ProjectRow elsewhere = with_gestation(80);
    elsewhere.category = "Hotel";
    elsewhere.type = "Refurbishment";
    elsewhere.outcome = Outcome::kWon;
    add(projects, 20, elsewhere);
    ProjectRow stranger = kProject;
    stranger.type = "Unheard of";
    const Analysis analysis = Engine(projects, kNow).analyze(stranger);
    EXPECT_EQ(analysis.segment.tier, 4);
    EXPECT_EQ(analysis.segment.segment_size, 15U);
    EXPECT_TRUE(analysis.gestation_is_global);
    EXPECT_EQ(analysis.gestation.expected_days(), 80);
    EXPECT_EQ(analysis.gestation.sample_size, 22U);
    // The rating still compares with the segment's own quartiles, which coincide here: bins, not quartiles.
    EXPECT_EQ(analysis.rating_inputs.gestation_quartiles->first, 50.0);
    EXPECT_EQ(analysis.rating.gestation_score, 0.75);
    ASSERT_TRUE(analysis.prior);
    EXPECT_EQ(analysis.prior->win_rate, 1.0);
    EXPECT_EQ(analysis.prior->strength, 20.0);
}

TEST(AnalysisEngine, SegmentBelowThreeRowsReadsTheGlobalSet) {
    Config config;
    config.segment_minimum = 1;
    ProjectSet projects;
    add(projects, 2, kProject);
    add(projects, 5, with_account("South"));
    Engine engine(projects, kNow, config);
    EXPECT_EQ(engine.analyze(kProject).segment.tier, 1);
    EXPECT_TRUE(engine.analyze(kProject).segment.reads_global);
    EXPECT_FALSE(engine.analyze(with_account("South")).segment.reads_global);
    config.segment_minimum = 0;  // counts as 1: an empty segment is never accepted
    EXPECT_EQ(Engine(projects, kNow, config).analyze(with_account("West")).segment.tier, 2);
    const ProjectSet nothing;
    EXPECT_EQ(Engine(nothing, kNow, config).analyze(ProjectRow{.id = "bare"}).segment.tier, kGlobalTier);
}

TEST(AnalysisEngine, ShowsEveryNumberOfTheSum) {
    ProjectSet projects;
    ProjectRow won = with_gestation(60);
    won.outcome = Outcome::kWon;
    won.new_enquiry_value = Money{10'000'00};
    won.date_created = kToday - days{30};
    ProjectRow lost = with_gestation(120);
    lost.outcome = Outcome::kLost;
    lost.new_enquiry_value = Money{50'000'00};
    add(projects, 5, won);
    add(projects, 5, lost);
    add(projects, 10, kProject);
    Engine engine(projects, kNow);
    const Analysis analysis = engine.analyze(19);
    EXPECT_EQ(engine.weighting(), "time_weighted_half_life_730d");
    EXPECT_EQ(analysis.segment.segment_size, 20U);
    EXPECT_EQ(analysis.oldest, kToday - days{30});
    EXPECT_EQ(analysis.newest, kToday);
    EXPECT_EQ(analysis.mean_value_cents, 25'000'00.0);
    EXPECT_EQ(analysis.outcomes.won, 5U);
    EXPECT_EQ(analysis.outcomes.lost, 5U);
    EXPECT_EQ(analysis.outcomes.open, 10U);
    EXPECT_EQ(analysis.band, ValueBand::kMedium);
    EXPECT_EQ(analysis.rating_inputs.value_share, 0.75);
    EXPECT_EQ(analysis.rating_inputs.account->won, 5U);
    EXPECT_EQ(analysis.rating_inputs.account->total, 20U);
    EXPECT_EQ(analysis.rating_inputs.product_type->total, 20U);
    EXPECT_EQ(analysis.rating_inputs.conversion_rate, analysis.inclusive.rate);
    EXPECT_EQ(analysis.rating_inputs.gestation_quartiles->first, 60.0);
    EXPECT_EQ(analysis.rating_inputs.gestation_quartiles->third, 120.0);
    EXPECT_EQ(analysis.rating.conversion_rate, analysis.inclusive.rate);
    EXPECT_DOUBLE_EQ(analysis.rating.account_score, 6.0 / 22.0);
}

TEST(AnalysisEngine, RecordsAreAbsentWhereTheFieldIsMissing) {
    ProjectSet projects;
    add(projects, 15, kProject);
    ProjectRow bare = kProject;
    bare.account = {};
    bare.product_type = {};
    const Analysis analysis = Engine(projects, kNow).analyze(bare);
    EXPECT_FALSE(analysis.rating_inputs.account);
    EXPECT_FALSE(analysis.rating_inputs.product_type);
    EXPECT_EQ(analysis.rating.account_score, 0.5);
    EXPECT_EQ(analysis.rating.product_type_score, 0.5);
}

TEST(AnalysisEngine, RefusesSettingsOutOfRange) {
    const ProjectSet projects;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto refused = [&projects](Config config) {
        try {
            const Engine engine(projects, kNow, config);
        } catch (const InputError &error) {
            return error.sqlstate() == "22023";
        }
        return false;
    };
    EXPECT_FALSE(refused({}));
    EXPECT_FALSE(refused({.half_life_days = -1.0}));
    EXPECT_TRUE(refused({.look_back_days = -1}));
    EXPECT_TRUE(refused({.half_life_days = nan}));
    EXPECT_TRUE(refused({.laplace_k = -0.5}));
    EXPECT_TRUE(refused({.laplace_k = nan}));
    EXPECT_TRUE(refused({.prior_strength = -1.0}));
    EXPECT_TRUE(refused({.prior_strength = std::numeric_limits<double>::infinity()}));
}

}  // namespace
}  // namespace pipeline_forecast::analysis
