// What holds for every project, whatever is known of it.
#include "core/forecast.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/forecast_totals.hpp"

namespace pipeline_forecast {
namespace {

class RandomProjects {
public:
    ForecastInput next() {
        return {.bucket = static_cast<Bucket>(number(0, 2)),
                .total_order_value = money(),
                .new_enquiry_value = money(),
                .expected_conversion_rate = rate(),
                .stated_probability = rate(),
                .default_probability = Rate{number(0, kRateOne.e5)},
                .conversion_confidence = rate(),
                .default_spread = rate()};
    }

private:
    std::int64_t number(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }

    std::optional<Money> money() {
        switch (number(0, 4)) {
            case 0: return std::nullopt;
            case 1: return Money{0};
            case 2: return Money{number(-3, 3)};  // where rounding decides
            case 3: return Money{number(-100'000'00, 100'000'00)};
            default: return Money{number(1 - kMoneyLimitCents, kMoneyLimitCents - 1)};
        }
    }

    // Beyond 0..1 as well: the formula clamps.
    std::optional<Rate> rate() {
        if (number(0, 3) == 0) return std::nullopt;
        return Rate{number(-20'000, 120'000)};
    }

    std::mt19937_64 random_{20'261'124};
};

std::string shown_input(const ForecastInput &input) {
    const auto text = [](const auto &optional, auto member) {
        return optional ? std::to_string((*optional).*member) : std::string("-");
    };
    return std::string(to_string(input.bucket)) + " order " + text(input.total_order_value, &Money::cents) +
           " enquiry " + text(input.new_enquiry_value, &Money::cents) + " rate " +
           text(input.expected_conversion_rate, &Rate::e5) + " stated " + text(input.stated_probability, &Rate::e5) +
           " confidence " + text(input.conversion_confidence, &Rate::e5) + " spread " +
           text(input.default_spread, &Rate::e5);
}

constexpr int kRandomInputs = 50'000;

TEST(ForecastProperties, WorstIsAtMostExpectedIsAtMostBest) {
    RandomProjects projects;
    for (int i = 0; i < kRandomInputs; ++i) {
        ForecastInput input = projects.next();
        // A band of negative width is refused by the stage rules.
        if (input.default_spread && input.default_spread->e5 < 0) input.default_spread = Rate{0};
        ASSERT_LE(worst_case_value(input).cents, expected_value(input).cents) << shown_input(input);
        ASSERT_LE(expected_value(input).cents, best_case_value(input).cents) << shown_input(input);
        ASSERT_LE(worst_case_probability(input).e5, probability(input).e5) << shown_input(input);
        ASSERT_LE(probability(input).e5, best_case_probability(input).e5) << shown_input(input);
    }
}

TEST(ForecastProperties, ProbabilitiesAreWithinZeroAndOne) {
    RandomProjects projects;
    for (int i = 0; i < kRandomInputs; ++i) {
        const ForecastInput input = projects.next();
        for (const Rate rate : {probability(input), best_case_probability(input), worst_case_probability(input)}) {
            ASSERT_GE(rate.e5, 0) << shown_input(input);
            ASSERT_LE(rate.e5, kRateOne.e5) << shown_input(input);
        }
    }
}

TEST(ForecastProperties, NoCaseIsWorthMoreThanTheContract) {
    RandomProjects projects;
    for (int i = 0; i < kRandomInputs; ++i) {
        const ForecastInput input = projects.next();
        const std::int64_t contract = contract_value(input).cents;
        for (const Money money :
             {expected_value(input), best_case_value(input), worst_case_value(input), committed_value(input)}) {
            ASSERT_GE(money.cents, std::min<std::int64_t>(contract, 0)) << shown_input(input);
            ASSERT_LE(money.cents, std::max<std::int64_t>(contract, 0)) << shown_input(input);
        }
    }
}

TEST(ForecastProperties, ACreditIsTheMirrorImageOfAnOrder) {
    RandomProjects projects;
    for (int i = 0; i < kRandomInputs; ++i) {
        const ForecastInput input = projects.next();
        ForecastInput mirrored = input;
        mirrored.total_order_value = Money{-contract_value(input).cents};
        mirrored.new_enquiry_value.reset();
        ASSERT_EQ(expected_value(mirrored).cents, -expected_value(input).cents) << shown_input(input);
        ASSERT_EQ(best_case_value(mirrored).cents, -worst_case_value(input).cents) << shown_input(input);
        ASSERT_EQ(worst_case_value(mirrored).cents, -best_case_value(input).cents) << shown_input(input);
    }
}

TEST(ForecastProperties, TotalsDoNotDependOnHowTheyAreSplit) {
    RandomProjects projects;
    ForecastTotals whole;
    ForecastTotals parts[3];
    for (int i = 0; i < 3'000; ++i) {
        const ForecastInput input = projects.next();
        whole.add(input);
        parts[i % 3].add(input);
    }
    ForecastTotals combined;
    for (const ForecastTotals &part : parts) combined.add(part);
    EXPECT_EQ(combined, whole);
}

}  // namespace
}  // namespace pipeline_forecast
