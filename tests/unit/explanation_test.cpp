#include "core/explanation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pipeline_forecast {
namespace {

using std::chrono::year;

constexpr Day kExplainedDay = year{2026} / 11 / 24;

ExplanationStep step(const std::vector<ExplanationStep> &steps, const std::string &name) {
    const auto found = std::ranges::find(steps, name, &ExplanationStep::step);
    if (found != steps.end()) return *found;
    ADD_FAILURE() << "no step " << name;
    return {};
}

TEST(Explanation, HasAStepForEveryComputedColumnInOrder) {
    std::vector<std::string> names;
    for (const ExplanationStep &each : explain({}, {}, kExplainedDay, "")) {
        names.push_back(each.step);
        EXPECT_FALSE(each.rule.empty()) << each.step;
        EXPECT_FALSE(each.input.empty()) << each.step;
        EXPECT_FALSE(each.value.empty()) << each.step;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"stage_bucket", "contract_value", "forecast_date", "forecast_month",
                                               "probability", "probability_spread", "best_case_probability",
                                               "worst_case_probability", "committed_value", "expected_value",
                                               "best_case_value", "worst_case_value"}));
}

TEST(Explanation, ShowsTheNumbersOfAnOpenProject) {
    const ForecastInput input{
        .new_enquiry_value = Money{1'000'05}, .default_probability = Rate{50'000}, .default_spread = Rate{15'000}};
    const auto steps = explain(input, {.date_created = year{2026} / 1 / 5, .expected_gestation_days = 30},
                               kExplainedDay, "Some Stage");
    EXPECT_EQ(step(steps, "stage_bucket").input, "Some Stage");
    EXPECT_EQ(step(steps, "stage_bucket").value, "Open");
    EXPECT_EQ(step(steps, "contract_value").input, "total_order_value unknown, new_enquiry_value 1000.05");
    EXPECT_EQ(step(steps, "contract_value").value, "1000.05");
    EXPECT_EQ(step(steps, "forecast_date").value, "2026-02-04");
    EXPECT_EQ(step(steps, "forecast_month").value, "2026-02-01");
    EXPECT_EQ(step(steps, "probability").value, "0.50000");
    EXPECT_EQ(step(steps, "probability_spread").value, "0.15000");
    EXPECT_EQ(step(steps, "best_case_probability").value, "0.65000");
    EXPECT_EQ(step(steps, "worst_case_probability").value, "0.35000");
    EXPECT_EQ(step(steps, "committed_value").value, "0.00");
    EXPECT_EQ(step(steps, "expected_value").input, "1000.05 * 0.50000");
    EXPECT_EQ(step(steps, "expected_value").value, "500.03");
    EXPECT_EQ(step(steps, "best_case_value").value, "650.03");
    EXPECT_EQ(step(steps, "worst_case_value").value, "350.02");
}

TEST(Explanation, SaysThatACreditTurnsTheCasesAround) {
    const ForecastInput input{
        .total_order_value = Money{-100'00}, .stated_probability = Rate{40'000}, .default_spread = Rate{25'000}};
    const auto steps = explain(input, {}, kExplainedDay, "Open Enquiry");
    EXPECT_EQ(step(steps, "contract_value").value, "-100.00");
    EXPECT_EQ(step(steps, "expected_value").value, "-40.00");
    EXPECT_EQ(step(steps, "best_case_value").input, "-100.00 * 0.15000");
    EXPECT_EQ(step(steps, "best_case_value").value, "-15.00");
    EXPECT_EQ(step(steps, "worst_case_value").input, "-100.00 * 0.65000");
    EXPECT_EQ(step(steps, "worst_case_value").value, "-65.00");
    EXPECT_NE(step(steps, "worst_case_value").rule.find("swapped"), std::string::npos);
}

TEST(Explanation, SmallAmountsKeepTheirZeros) {
    const auto shown_contract = [](std::int64_t cents) {
        return step(explain({.total_order_value = Money{cents}}, {}, kExplainedDay, ""), "contract_value").value;
    };
    EXPECT_EQ(shown_contract(5), "0.05");
    EXPECT_EQ(shown_contract(-5), "-0.05");
    EXPECT_EQ(shown_contract(50), "0.50");
    EXPECT_EQ(shown_contract(100), "1.00");
    EXPECT_EQ(shown_contract(0), "0.00");
}

TEST(Explanation, EachSourceOfTheProbabilityHasItsRule) {
    ForecastInput input{.default_probability = Rate{30'000}};
    std::vector<std::string> rules;
    const auto add = [&] {
        rules.push_back(step(explain(input, {}, kExplainedDay, "", Rate{15'000}), "probability").rule);
    };
    add();
    input.stated_probability = Rate{40'000};
    add();
    input.expected_conversion_rate = Rate{50'000};
    input.conversion_confidence = Rate{14'000};
    add();
    input.conversion_confidence = Rate{15'000};
    add();
    input.conversion_confidence = Rate{14'000};
    input.stated_probability = std::nullopt;
    add();
    input.bucket = Bucket::kLost;
    add();
    input.bucket = Bucket::kCommitted;
    add();
    EXPECT_EQ(rules, (std::vector<std::string>{
                         "the stage's default, since neither analysis nor percentage is known",
                         "probability_percent / 100, since there is no analysis",
                         ("probability_percent / 100, since the conversion_confidence of the analysis is below "
                          "model_confidence_minimum"),
                         ("expected_conversion_rate of the analysis, since its conversion_confidence is at least "
                          "model_confidence_minimum"),
                         "expected_conversion_rate of the analysis, since nobody stated a probability",
                         "0, since the stage is in the bucket Lost", "1, since the stage is in the bucket Committed"}));
}

TEST(Explanation, ShowsAnAnalysisThatDoesNotCount) {
    const ForecastInput input{.new_enquiry_value = Money{100'00},
                              .expected_conversion_rate = Rate{50'000},
                              .stated_probability = Rate{40'000},
                              .default_probability = Rate{30'000},
                              .conversion_confidence = Rate{3'000}};
    const auto steps = explain(input, {}, kExplainedDay, "", Rate{15'000});
    EXPECT_EQ(step(steps, "probability").input,
              "expected_conversion_rate 0.50000, conversion_confidence 0.03000, model_confidence_minimum 0.15000, "
              "probability_percent / 100 0.40000, stage default 0.30000");
    EXPECT_EQ(step(steps, "probability").value, "0.40000");
    EXPECT_EQ(step(steps, "expected_value").value, "40.00");
}

TEST(Explanation, EachSourceOfTheDateHasItsRule) {
    const Day day = year{2026} / 5 / 5;
    const DateInput inputs[] = {{.date_order_received = day}, {.expected_start_date = day},
                                {.follow_up_date = day},      {.date_created = day, .expected_gestation_days = 3},
                                {.date_created = day},        {}};
    std::vector<std::string> rules;
    for (const DateInput &input : inputs)
        rules.push_back(step(explain({}, input, kExplainedDay, ""), "forecast_date").rule);
    EXPECT_EQ(rules, (std::vector<std::string>{
                         "date_order_received, since it is known", "expected_start_date, the first that is known",
                         "follow_up_date, the first that is known",
                         "date_created + max(expected_gestation_days, 0), since no later date is known",
                         "date_created, since nothing else is known", "today, since no date is known"}));
}

TEST(Explanation, EachChoiceOfValueAndSpreadHasItsRule) {
    EXPECT_EQ(step(explain({.total_order_value = Money{1}}, {}, kExplainedDay, ""), "contract_value").rule,
              "total_order_value, since it is known and not 0");
    EXPECT_EQ(step(explain({.total_order_value = Money{0}, .new_enquiry_value = Money{1}}, {}, kExplainedDay, ""),
                   "contract_value")
                  .rule,
              "new_enquiry_value, since total_order_value is unknown or 0");
    EXPECT_EQ(step(explain({}, {}, kExplainedDay, ""), "contract_value").rule,
              "0, since neither value is known and different from 0");
    EXPECT_EQ(step(explain({.conversion_confidence = Rate{50'000}}, {}, kExplainedDay, ""), "probability_spread").value,
              "0.15000");
    EXPECT_EQ(step(explain({.conversion_confidence = Rate{50'000}}, {}, kExplainedDay, ""), "probability_spread").rule,
              "(1 - conversion_confidence) * 0.30, at least 0.05 and at most 0.35");
    EXPECT_EQ(step(explain({.conversion_confidence = Rate{0}}, {}, kExplainedDay, ""), "probability_spread").value,
              "unknown");
    EXPECT_EQ(step(explain({}, {}, kExplainedDay, ""), "stage_bucket").input, "unknown");
}

TEST(Explanation, ValuesAgreeWithTheForecast) {
    const ForecastInput input{.bucket = Bucket::kCommitted, .total_order_value = Money{123'456'78}};
    const auto steps = explain(input, {}, kExplainedDay, "Won");
    for (const char *name :
         {"contract_value", "committed_value", "expected_value", "best_case_value", "worst_case_value"}) {
        EXPECT_EQ(step(steps, name).value, "123456.78") << name;
    }
    EXPECT_EQ(step(steps, "probability").value, "1.00000");
}

}  // namespace
}  // namespace pipeline_forecast
