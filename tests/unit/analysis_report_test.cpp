// An analysis in the forms that leave the core: what is stored, its fingerprint, its explanation, its statistics.
#include "core/analysis_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/analysis_explanation.hpp"

namespace pipeline_forecast {
namespace {

using analysis::Analysis;
using analysis::Engine;
using analysis::Field;
using analysis::FieldSet;
using analysis::Moment;
using analysis::Outcome;
using analysis::ProjectRow;
using analysis::ProjectSet;

constexpr Day kReportDay = std::chrono::year{2026} / 2 / 17;
constexpr Moment kReportMoment{kReportDay, 0.5};
const std::string kSegmentRule =
    "; the narrowest with at least 15 projects created in the last 1825 days, else all of these";

ProjectRow project() {
    return {.id = "p",
            .account = "Account 001",
            .type = "New Build",
            .category = "House",
            .product_type = "Board A",
            .new_enquiry_value = Money{20'000'00},
            .gestation_period = 30,
            .outcome = Outcome::kOpen,
            .date_created = kReportDay};
}

// Twenty projects of today, so that every weight is 1: five won, three lost, twelve open.
ProjectSet twenty() {
    ProjectSet projects;
    for (int i = 0; i < 20; ++i) {
        ProjectRow row = project();
        row.outcome = i < 5 ? Outcome::kWon : i < 8 ? Outcome::kLost : Outcome::kOpen;
        row.gestation_period = i < 4 ? std::optional(10 * (i + 1)) : std::nullopt;
        row.new_enquiry_value = Money{100'000 * (i + 1)};
        projects.add(row);
    }
    return projects;
}

struct Explained {
    std::vector<std::string> order;
    std::map<std::string, AnalysisStep> by_name;

    [[nodiscard]] const std::string &value(const std::string &step) const { return by_name.at(step).value; }
    [[nodiscard]] const std::string &detail(const std::string &step) const { return by_name.at(step).detail; }
    [[nodiscard]] double number(const std::string &step) const { return std::stod(value(step)); }
};

Explained explained(const ProjectRow &row, const Analysis &found) {
    Explained all;
    for (const AnalysisStep &step : explain(row, found)) {
        all.order.push_back(step.step);
        all.by_name.emplace(step.step, step);
    }
    return all;
}

TEST(StoredRate, RoundsToFiveDecimals) {
    EXPECT_EQ(stored_rate(0.0).e5, 0);
    EXPECT_EQ(stored_rate(1.0).e5, 100'000);
    EXPECT_EQ(stored_rate(1.0 / 3).e5, 33'333);
    EXPECT_EQ(stored_rate(2.0 / 3).e5, 66'667);
    EXPECT_EQ(stored_rate(0.000004).e5, 0);
    EXPECT_EQ(stored_rate(0.999996).e5, 100'000);
    // Exactly between two: away from zero, not to the even one.
    EXPECT_EQ(stored_rate(0.5 / 100'000).e5, 1);
    EXPECT_EQ(stored_rate(2.5 / 100'000).e5, 3);
}

TEST(FilterNames, AreInFixedOrder) {
    EXPECT_EQ(filter_names({}), "");
    EXPECT_EQ(filter_names({Field::kCategory}), "category");
    EXPECT_EQ(filter_names({Field::kProductType, Field::kType, Field::kAccount}), "account,type,product_type");
    EXPECT_EQ(filter_names(analysis::tier_fields(1)), "account,type,category,product_type");
}

TEST(FilterText, NamesTheValuesOfTheFilter) {
    EXPECT_EQ(filter_text(project(), {}), "");
    EXPECT_EQ(filter_text(project(), {Field::kType}), "type = New Build");
    EXPECT_EQ(filter_text(project(), analysis::tier_fields(1)),
              "account = Account 001, type = New Build, category = House, product_type = Board A");
}

TEST(ProjectSetRow, IsTheProjectAsItWasAdded) {
    ProjectSet projects;
    projects.add({.id = "nothing known"});
    projects.add(project());
    ProjectRow other = project();
    other.id = "other";
    other.account = "Board A";
    other.outcome = Outcome::kWon;
    projects.add(other);

    const ProjectRow empty = projects.row(0);
    EXPECT_EQ(empty.id, "nothing known");
    EXPECT_EQ(empty.account, "");
    EXPECT_EQ(empty.product_type, "");
    EXPECT_FALSE(empty.new_enquiry_value || empty.gestation_period || empty.date_created);
    const ProjectRow found = projects.row(2);
    EXPECT_EQ(found.id, "other");
    EXPECT_EQ(found.account, "Board A");
    EXPECT_EQ(found.type, "New Build");
    EXPECT_EQ(found.category, "House");
    EXPECT_EQ(found.product_type, "Board A");
    EXPECT_EQ(found.new_enquiry_value, Money{20'000'00});
    EXPECT_EQ(found.gestation_period, 30);
    EXPECT_EQ(found.outcome, Outcome::kWon);
    EXPECT_EQ(found.date_created, kReportDay);
    EXPECT_EQ(projects.row(1).account, "Account 001");
}

// Ids that differ early, after 8 and after 16 bytes, that begin one another, and beyond ASCII.
TEST(ProjectSetRowsById, AreInTheOrderOfTheBytesOfTheirIds) {
    ProjectSet projects;
    for (const std::string_view id : {"1200000028", "9", "1200000007", "\xC3\xA9", "a name of twenty byt2",
                                      "a name of twenty byt1", "12", "120", "", "a name of twenty bytes"}) {
        projects.add({.id = id});
    }
    EXPECT_EQ(projects.rows_by_id(), (std::vector<std::uint32_t>{8, 6, 7, 2, 0, 1, 5, 4, 9, 3}));
    EXPECT_TRUE(ProjectSet{}.rows_by_id().empty());
}

class Report : public ::testing::Test {
protected:
    ProjectSet projects = twenty();
    Engine engine{projects, kReportMoment};
    ProjectRow target = project();
    Analysis found = engine.analyze(target);
};

TEST_F(Report, HashIsTheSameForTheSameNumbers) {
    EXPECT_EQ(input_hash({}, found), input_hash({}, engine.analyze(target)));
    EXPECT_EQ(input_hash({}, found).size(), 32U);
}

TEST_F(Report, HashDependsOnTheProjectsOwnFacts) {
    EXPECT_NE(input_hash(Fingerprint{}.add(std::int64_t{1}), found),
              input_hash(Fingerprint{}.add(std::int64_t{2}), found));
}

TEST_F(Report, HashDependsOnEveryStoredNumber) {
    const std::vector<std::pair<const char *, std::function<void(Analysis &)>>> changes{
        {"tier", [](Analysis &a) { a.segment.tier = 2; }},
        {"filter", [](Analysis &a) { a.segment.filter = {Field::kType}; }},
        {"segment size", [](Analysis &a) { ++a.segment.segment_size; }},
        {"median", [](Analysis &a) { ++a.gestation.statistics->median; }},
        {"p25", [](Analysis &a) { ++a.gestation.statistics->p25; }},
        {"p75", [](Analysis &a) { ++a.gestation.statistics->p75; }},
        {"no durations", [](Analysis &a) { a.gestation.statistics.reset(); }},
        {"gestation confidence", [](Analysis &a) { a.gestation.confidence += 0.01; }},
        {"inclusive rate", [](Analysis &a) { *a.inclusive.rate += 0.00001; }},
        {"inclusive confidence", [](Analysis &a) { a.inclusive.confidence += 0.01; }},
        {"closed-only rate", [](Analysis &a) { *a.closed_only.rate += 0.00001; }},
        {"no closed-only rate", [](Analysis &a) { a.closed_only.rate.reset(); }},
        {"wins", [](Analysis &a) { ++a.outcomes.won; }},
        {"losses", [](Analysis &a) { ++a.outcomes.lost; }},
        {"open", [](Analysis &a) { ++a.outcomes.open; }},
        {"mean value", [](Analysis &a) { *a.mean_value_cents += 1; }},
        {"no mean value", [](Analysis &a) { a.mean_value_cents.reset(); }},
        {"rating", [](Analysis &a) { ++a.rating.score; }},
    };
    std::set<std::string> seen{input_hash({}, found)};
    for (const auto &[name, change] : changes) {
        Analysis changed = found;
        change(changed);
        EXPECT_TRUE(seen.insert(input_hash({}, changed)).second) << name;
    }
}

TEST_F(Report, HashDoesNotSeeWhatIsNotStored) {
    const std::string before = input_hash({}, found);
    // Age changes the weights a little every day; as long as every stored figure is the same, nothing happened.
    *found.inclusive.rate += 1e-9;
    *found.mean_value_cents += 0.1;
    found.outcomes.weighted_won += 1e-6;
    found.outcomes.heaviest_weight += 0.1;
    found.oldest = kReportDay - std::chrono::days{1};
    EXPECT_EQ(input_hash({}, found), before);
}

TEST_F(Report, StepsComeInOrder) {
    EXPECT_EQ(
        explained(target, found).order,
        (std::vector<std::string>{"segment", "time_weights", "outcomes", "conversion_rate", "conversion_confidence",
                                  "closed_conversion_rate", "gestation_days", "gestation_confidence", "value_band",
                                  "conversion_score", "gestation_score", "value_score", "account_score",
                                  "product_type_score", "weighted_sum", "bonus", "final_value", "rating"}));
}

TEST_F(Report, StepsShowTheSegment) {
    const Explained steps = explained(target, found);
    EXPECT_EQ(
        steps.detail("segment"),
        "tier 1: account = Account 001, type = New Build, category = House, product_type = Board A" + kSegmentRule);
    EXPECT_EQ(steps.value("segment"), "20 projects");
    EXPECT_EQ(steps.detail("time_weights"), "time_weighted_half_life_730d, mean 1, from 1.0000 to 1.0000");
    EXPECT_EQ(steps.value("time_weights"), "sum 20.00");
    EXPECT_EQ(steps.detail("outcomes"), "5 won, 3 lost, 12 open");
    EXPECT_EQ(steps.value("outcomes"), "weighted 5.00 / 3.00 / 12.00");
    EXPECT_EQ(steps.value("conversion_rate"), "0.27273");
    EXPECT_EQ(steps.value("conversion_confidence"), "0.20");
    EXPECT_EQ(steps.value("closed_conversion_rate"), "0.60000");
    EXPECT_EQ(steps.detail("closed_conversion_rate"), "(weighted won + 1) / (weighted closed + 2)");
    EXPECT_EQ(steps.value("gestation_days"), "20 days");
    EXPECT_EQ(steps.detail("gestation_days"),
              "weighted median of 4 durations of 1 to 999 days, p25 10, p75 30, mean 25, deviation 11");
    EXPECT_EQ(steps.value("value_band"), "Medium (15-40k)");
    EXPECT_EQ(steps.detail("account_score"), "(5 won + 1) / (20 + 2)");
}

// Steps print three decimals, so a sum of five of them is right to about two thousandths.
TEST_F(Report, TheSumCanBeRedone) {
    for (const std::int64_t cents : {0LL, 9'000'00LL, 30'000'00LL, 70'000'00LL, 250'000'00LL}) {
        target.new_enquiry_value = Money{cents};
        found = engine.analyze(target);
        const Explained steps = explained(target, found);
        const double sum = 0.30 * steps.number("conversion_score") + 0.43 * steps.number("value_score") +
                           0.18 * steps.number("gestation_score") + 0.06 * steps.number("account_score") +
                           0.03 * steps.number("product_type_score");
        EXPECT_NEAR(sum, steps.number("weighted_sum"), 0.0011);
        double final_value = std::clamp(sum + steps.number("bonus"), 0.0, 1.0);
        if (found.rating.ceiling) final_value = std::min(final_value, *found.rating.ceiling / 100.0);
        if (final_value > 0.70) final_value = std::min(1.0, 0.70 + 1.3 * (final_value - 0.70));
        EXPECT_NEAR(final_value, steps.number("final_value"), 0.003);
        EXPECT_NEAR(98 * steps.number("final_value") + 2, steps.number("rating"), 0.56);
        EXPECT_EQ(steps.value("rating"), std::to_string(found.rating.score));
    }
}

TEST_F(Report, CeilingIsShownWhereThereIsOne) {
    target.new_enquiry_value = Money{9'000'00};
    found = engine.analyze(target);
    EXPECT_NE(explained(target, found).detail("final_value").find(", at most 0.65 in this band"), std::string::npos);
    found.rating.ceiling.reset();
    EXPECT_EQ(explained(target, found).detail("final_value").find("at most"), std::string::npos);
}

TEST(ReportOfAnEmptySet, SaysWhatIsUnknown) {
    const ProjectSet projects;
    Engine engine(projects, kReportMoment);
    ProjectRow target = project();
    target.new_enquiry_value.reset();
    const Analysis found = engine.analyze(target);
    const Explained steps = explained(target, found);
    EXPECT_EQ(steps.detail("segment"), "tier 5: all projects" + kSegmentRule);
    EXPECT_EQ(steps.value("segment"), "0 projects");
    EXPECT_EQ(steps.value("conversion_rate"), "0.50000");
    EXPECT_EQ(steps.value("closed_conversion_rate"), "unknown");
    EXPECT_EQ(steps.value("gestation_days"), "unknown");
    EXPECT_EQ(steps.detail("value_score"), "of the band Zero: 0.05; no positive value in the segment");
    EXPECT_EQ(steps.detail("gestation_score"), "of unknown; then it is 0.60");
    for (const auto &[name, step] : steps.by_name) {
        EXPECT_EQ((step.detail + step.value).find("nan"), std::string::npos) << name;
    }

    const nlohmann::json statistics = segment_statistics(target, found);
    EXPECT_EQ(statistics.at("segment_n"), 0);
    EXPECT_EQ(statistics.at("filter"), nlohmann::json::object());
    EXPECT_TRUE(statistics.at("closed_only").at("rate").is_null());
    EXPECT_TRUE(statistics.at("mean_value").is_null());
    for (const char *figure : {"median", "p25", "p75", "iqr", "mean", "standard_deviation"}) {
        EXPECT_TRUE(statistics.at("gestation").at(figure).is_null()) << figure;
    }
}

TEST(ReportOfAMissingField, IsNotCountedAgainstTheProject) {
    ProjectSet projects = twenty();
    Engine engine(projects, kReportMoment);
    ProjectRow target = project();
    target.account = "";
    const Explained steps = explained(target, engine.analyze(target));
    EXPECT_EQ(steps.detail("account_score"), "the project has none: 0.5");
    EXPECT_EQ(steps.value("account_score"), "0.500");
    EXPECT_EQ(steps.detail("segment"),
              "tier 1: type = New Build, category = House, product_type = Board A" + kSegmentRule);
}

// A category of its own: compared with everything, drawn to the overall rate.
TEST(ReportOfAWideSegment, NamesThePriorAndTheGlobalDurations) {
    ProjectSet projects = twenty();
    for (int i = 0; i < 15; ++i) {
        ProjectRow row = project();
        row.category = "Other";
        row.type = i % 2 == 0 ? "A" : "B";
        row.product_type = "";
        row.gestation_period.reset();
        row.outcome = i == 0 ? Outcome::kWon : Outcome::kOpen;
        projects.add(row);
    }
    Engine engine(projects, kReportMoment);
    ProjectRow target = project();
    target.category = "Other";
    const Analysis found = engine.analyze(target);
    const Explained steps = explained(target, found);
    EXPECT_EQ(steps.detail("segment"), "tier 4: category = Other" + kSegmentRule);
    // Six of nine closed projects are won: (1 + 20 * 6/9) / (1 + 20).
    EXPECT_EQ(
        steps.detail("closed_conversion_rate"),
        "wins among closed projects, drawn to the overall 0.667 with 20 pseudo-projects, since the tier is 4 or wider");
    EXPECT_EQ(steps.value("closed_conversion_rate"), "0.68254");
    EXPECT_EQ(steps.detail("gestation_days").rfind("of all projects, since the segment gives none; ", 0), 0U);
    EXPECT_EQ(segment_statistics(target, found).at("gestation").at("is_global"), true);
}

TEST_F(Report, StatisticsHoldCountsRatesAndDurations) {
    const nlohmann::json statistics = segment_statistics(target, found);
    const nlohmann::json expected = {
        {"tier", 1},
        {"filter",
         {{"account", "Account 001"}, {"type", "New Build"}, {"category", "House"}, {"product_type", "Board A"}}},
        {"segment_n", 20},
        {"weighting", "time_weighted_half_life_730d"},
        {"wins", 5},
        {"losses", 3},
        {"open", 12},
        {"total", 20},
        {"weighted_wins", 5.0},
        {"weighted_losses", 3.0},
        {"weighted_open", 12.0},
        {"inclusive",
         {{"method", "inclusive_closed_wins"}, {"raw_rate", 0.25}, {"rate", 6.0 / 22}, {"confidence", 0.2}}},
        {"closed_only", {{"method", "closed_only"}, {"raw_rate", 0.625}, {"rate", 0.6}, {"confidence", 0.08}}},
        {"gestation",
         {{"n", 4},
          {"is_global", false},
          {"median", 20},
          {"p25", 10},
          {"p75", 30},
          {"iqr", 20},
          {"mean", 25},
          {"standard_deviation", 11},
          {"confidence", 0.26}}},
        {"mean_value", 10'500.0},
        {"value_band", "Medium (15-40k)"},
        {"rating", found.rating.score},
    };
    EXPECT_EQ(statistics, expected) << nlohmann::json::diff(expected, statistics).dump(2);
}

TEST_F(Report, WeightedSumsHaveTwoDecimalsAndRatesAll) {
    ProjectSet aged;
    for (int i = 0; i < 20; ++i) {
        ProjectRow row = project();
        row.outcome = i % 3 == 0 ? Outcome::kWon : Outcome::kOpen;
        row.date_created = kReportDay - std::chrono::days{97 * i};
        aged.add(row);
    }
    Engine aged_engine(aged, kReportMoment);
    const Analysis analysis = aged_engine.analyze(target);
    const nlohmann::json statistics = segment_statistics(target, analysis);
    const double weighted = statistics.at("weighted_wins");
    EXPECT_DOUBLE_EQ(weighted, std::round(analysis.outcomes.weighted_won * 100) / 100);
    EXPECT_NE(weighted, analysis.outcomes.weighted_won);
    EXPECT_EQ(statistics.at("inclusive").at("rate").get<double>(), *analysis.inclusive.rate);
}

TEST_F(Report, TextsOfTheProjectAreNotTouched) {
    const std::string text = "it's \"quoted\"\n\\ {} %s \xF0\x9F\x8F\x97";
    target.account = text;
    found.segment.filter = {Field::kAccount};
    EXPECT_EQ(explained(target, found).detail("segment"), "tier 1: account = " + text + kSegmentRule);
    EXPECT_EQ(segment_statistics(target, found).at("filter").at("account"), text);
}

}  // namespace
}  // namespace pipeline_forecast
