#include "core/forecast_change.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>

namespace pipeline_forecast {
namespace {

using namespace std::chrono;

constexpr Day kMarch = year{2026} / 3 / 15;
constexpr Day kMay = year{2026} / 5 / 15;

Day month_of(int number) { return Day{year_month_day{year{2026} / 1 / 1} + months{number - 1}}; }

// 1,000.00 at 50 %, open, forecast for June.
ForecastState open_state(Day day) {
    return {.day = day,
            .bucket = Bucket::kOpen,
            .month = month_of(6),
            .contract_value = Money{1000'00},
            .probability = Rate{50'000},
            .expected_value = Money{500'00},
            .committed_value = Money{}};
}

ForecastState won_state(Day day, std::int64_t cents) {
    return {.day = day,
            .bucket = Bucket::kCommitted,
            .month = month_of(6),
            .contract_value = Money{cents},
            .probability = kRateOne,
            .expected_value = Money{cents},
            .committed_value = Money{cents}};
}

std::string shown_changes(const std::vector<ForecastChange> &changes) {
    std::string text;
    for (const ForecastChange &change : changes) {
        if (!text.empty()) text += ", ";
        text += std::string(to_string(change.bar)) + " " + std::string(to_string(change.bucket)) + " " +
                to_iso(change.month).substr(0, 7) + " " + std::to_string(change.expected_value.cents / 100) + "/" +
                std::to_string(change.committed_value.cents / 100);
    }
    return text;
}

TEST(ForecastChange, NothingChangesNothing) {
    EXPECT_EQ(shown_changes(forecast_changes(std::nullopt, std::nullopt)), "");
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), open_state(kMay))), "");
}

TEST(ForecastChange, CreatedAndRemoved) {
    EXPECT_EQ(shown_changes(forecast_changes(std::nullopt, open_state(kMay))), "created Open 2026-06 500/0");
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), std::nullopt)), "removed Open 2026-06 -500/0");
    // Created beyond the 12 months: nothing of it counts yet.
    ForecastState later = open_state(kMay);
    later.month = month_of(17);
    EXPECT_EQ(shown_changes(forecast_changes(std::nullopt, later)), "");
}

TEST(ForecastChange, AWinIsWhatTheProbabilityLacked) {
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), won_state(kMay, 1000'00))),
              "won Open 2026-06 -500/0, won Committed 2026-06 1000/1000");
    // Won at a higher value: the value first, at the old probability.
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), won_state(kMay, 1200'00))),
              "value_up Open 2026-06 100/0, won Open 2026-06 -600/0, won Committed 2026-06 1200/1200");
}

TEST(ForecastChange, ALossTakesAll) {
    ForecastState lost = open_state(kMay);
    lost.bucket = Bucket::kLost;
    lost.probability = Rate{0};
    lost.expected_value = Money{0};
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), lost)), "lost Open 2026-06 -500/0");
    EXPECT_EQ(shown_changes(forecast_changes(lost, open_state(kMay))), "probability_up Open 2026-06 500/0");
    EXPECT_EQ(shown_changes(forecast_changes(won_state(kMarch, 1000'00), lost)), "lost Committed 2026-06 -1000/-1000");
}

TEST(ForecastChange, AnOrderThatIsCancelledIsALowerProbability) {
    EXPECT_EQ(shown_changes(forecast_changes(won_state(kMarch, 1000'00), open_state(kMay))),
              "probability_down Committed 2026-06 -1000/-1000, probability_down Open 2026-06 500/0");
}

TEST(ForecastChange, ValueAndProbabilityOfAnOpenProject) {
    ForecastState grown = open_state(kMay);
    grown.contract_value = Money{2000'00};
    grown.probability = Rate{25'000};
    grown.expected_value = Money{500'00};
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), grown)),
              "value_up Open 2026-06 500/0, probability_down Open 2026-06 -500/0");
    EXPECT_EQ(shown_changes(forecast_changes(grown, open_state(kMay))),
              "value_down Open 2026-06 -250/0, probability_up Open 2026-06 250/0");
    EXPECT_EQ(shown_changes(forecast_changes(won_state(kMarch, 1000'00), won_state(kMay, 900'00))),
              "value_down Committed 2026-06 -100/-100");
}

TEST(ForecastChange, MovesWithinTheTwelveMonths) {
    ForecastState moved = open_state(kMay);
    moved.month = month_of(9);
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), moved)),
              "moved_later Open 2026-06 -500/0, moved_later Open 2026-09 500/0");
    EXPECT_EQ(shown_changes(forecast_changes(moved, open_state(kMay))),
              "moved_earlier Open 2026-09 -500/0, moved_earlier Open 2026-06 500/0");
}

TEST(ForecastChange, InAndOutOfTheTwelveMonths) {
    // From March on the 12 months end with February 2027, from May on with April 2027.
    ForecastState far = open_state(kMarch);
    far.month = month_of(15);
    ForecastState reached = open_state(kMay);
    reached.month = month_of(15);
    EXPECT_EQ(shown_changes(forecast_changes(far, reached)), "pulled_in Open 2027-03 500/0");
    ForecastState pushed = open_state(kMay);
    pushed.month = month_of(20);
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), pushed)), "pushed_out Open 2026-06 -500/0");
    EXPECT_EQ(shown_changes(forecast_changes(far, pushed)), "");
    // April is over in May.
    ForecastState due = open_state(kMarch);
    due.month = month_of(4);
    ForecastState over = open_state(kMay);
    over.month = month_of(4);
    EXPECT_EQ(shown_changes(forecast_changes(due, over)), "month_ended Open 2026-04 -500/0");
    ForecastState invoiced = won_state(kMay, 1000'00);
    invoiced.month = month_of(4);
    EXPECT_EQ(shown_changes(forecast_changes(due, invoiced)),
              "won Open 2026-04 -500/0, won Committed 2026-04 1000/1000, month_ended Committed 2026-04 -1000/-1000");
    // Ordered sooner than forecast, in a month that is over as well by now.
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), over)),
              "moved_earlier Open 2026-06 -500/0, moved_earlier Open 2026-04 500/0, month_ended Open 2026-04 -500/0");
    // A month that was over before the opening was never forecast on the way.
    ForecastState long_over = open_state(kMay);
    long_over.month = month_of(2);
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), long_over)), "month_ended Open 2026-06 -500/0");
}

TEST(ForecastChange, TheFirstReleaseKnewFewerBars) {
    EXPECT_EQ(bar_of_first_release(Bar::kMovedEarlier), Bar::kPulledIn);
    EXPECT_EQ(bar_of_first_release(Bar::kMovedLater), Bar::kPushedOut);
    EXPECT_EQ(bar_of_first_release(Bar::kMonthEnded), Bar::kRemoved);
    for (const Bar bar :
         {Bar::kCreated, Bar::kWon, Bar::kProbabilityDown, Bar::kPulledIn, Bar::kPushedOut, Bar::kRemoved}) {
        EXPECT_EQ(bar_of_first_release(bar), bar);
    }
}

TEST(ForecastChange, PublishedAmountsStandAsTheyAre) {
    // Amounts that do not follow from value and probability still close.
    ForecastState odd = open_state(kMay);
    odd.expected_value = Money{501'00};
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), odd)), "probability_up Open 2026-06 1/0");
    odd.contract_value = Money{1100'00};
    EXPECT_EQ(shown_changes(forecast_changes(open_state(kMarch), odd)), "value_up Open 2026-06 1/0");
}

TEST(ForecastChange, ACreditIsNamedByWhatHappenedToIt) {
    ForecastState credit = open_state(kMarch);
    credit.contract_value = Money{-1000'00};
    credit.expected_value = Money{-500'00};
    ForecastState likelier = credit;
    likelier.day = kMay;
    likelier.probability = Rate{75'000};
    likelier.expected_value = Money{-750'00};
    EXPECT_EQ(shown_changes(forecast_changes(credit, likelier)), "probability_up Open 2026-06 -250/0");
}

class RandomStates {
public:
    std::optional<ForecastState> next(Day day) {
        if (number(0, 5) == 0) return std::nullopt;
        ForecastState state{.day = day, .bucket = static_cast<Bucket>(number(0, 2))};
        state.month = month_of(static_cast<int>(number(1, 20)));
        state.contract_value = Money{number(0, 3) == 0 ? number(-3, 3) : number(-100'000'00, 100'000'00)};
        state.probability = state.bucket == Bucket::kCommitted ? kRateOne
                            : state.bucket == Bucket::kLost    ? Rate{0}
                                                               : Rate{number(0, kRateOne.e5)};
        state.expected_value = multiply(state.contract_value, state.probability);
        state.committed_value = state.bucket == Bucket::kCommitted ? state.contract_value : Money{};
        return state;
    }
    std::int64_t number(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }

private:
    std::mt19937_64 random_{20'261'124};
};

bool inside(const ForecastState &state) {
    const Day first = month_start(state.day);
    return state.month >= first && state.month < Day{year_month_day{first} + months{12}};
}

// By bucket and month, so that every cut through the waterfall closes.
TEST(ForecastChangeProperties, ThePartsAddUpToTheDifferenceToTheCent) {
    RandomStates states;
    for (int i = 0; i < 50'000; ++i) {
        auto opening = states.next(kMarch);
        auto closing = states.next(kMay);
        // Often the same project with one thing changed.
        if (opening && closing && states.number(0, 1) == 0) closing->contract_value = opening->contract_value;
        if (opening && closing && states.number(0, 1) == 0) closing->month = opening->month;
        if (closing) {
            closing->expected_value = multiply(closing->contract_value, closing->probability);
            if (closing->bucket == Bucket::kCommitted) closing->committed_value = closing->contract_value;
        }

        std::map<std::pair<Bucket, Day>, std::pair<std::int64_t, std::int64_t>> left;
        const auto count = [&](const ForecastState &state, std::int64_t sign) {
            auto &[expected, committed] = left[{state.bucket, state.month}];
            expected += sign * state.expected_value.cents;
            committed += sign * state.committed_value.cents;
        };
        if (opening && inside(*opening)) count(*opening, 1);
        if (closing && inside(*closing)) count(*closing, -1);
        std::map<std::tuple<Bar, Bucket, Day>, int> seen;
        const auto changes = forecast_changes(opening, closing);
        for (const ForecastChange &change : changes) {
            left[{change.bucket, change.month}].first += change.expected_value.cents;
            left[{change.bucket, change.month}].second += change.committed_value.cents;
            ASSERT_EQ(++seen[std::make_tuple(change.bar, change.bucket, change.month)], 1) << shown_changes(changes);
        }
        for (const auto &[cut, rest] : left) {
            ASSERT_EQ(rest.first, 0) << shown_changes(changes);
            ASSERT_EQ(rest.second, 0) << shown_changes(changes);
        }
    }
}

TEST(ForecastChangeProperties, BackAndForthCancels) {
    RandomStates states;
    for (int i = 0; i < 10'000; ++i) {
        const auto one = states.next(kMay);
        const auto other = states.next(kMay);
        std::int64_t sum = 0;
        for (const ForecastChange &change : forecast_changes(one, other)) sum += change.expected_value.cents;
        for (const ForecastChange &change : forecast_changes(other, one)) sum += change.expected_value.cents;
        ASSERT_EQ(sum, 0);
    }
}

}  // namespace
}  // namespace pipeline_forecast
