// Few data, no data and strange data: there is an answer, and it is a number.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/input_error.hpp"
#include "core/outlook/explanation.hpp"
#include "core/outlook/factor_kind.hpp"
#include "core/outlook/outlook.hpp"
#include "outlook_company.hpp"

namespace pipeline_forecast::outlook {
namespace {

using company::Fact;
using company::Facts;

constexpr double kMonthEnd = company::kBegin + 31.0;

Result run_at(const Facts &facts, double moment) { return run(company::history_of(facts), {.moment = moment}); }

void expect_numbers(const Result &result) {
    for (const double number : company::numbers_of(result)) ASSERT_TRUE(std::isfinite(number));
    for (const ProjectForecast &project : result.projects) {
        for (const double reason : Explainer(result.model, result.horizon).explain(project.facts)) {
            ASSERT_TRUE(std::isfinite(reason));
        }
    }
}

Fact project(const std::string &id, double valid_from, State state = State::kOpen, double value = 900.0) {
    return {
        .project = id, .valid_from = valid_from, .state = state, .texts = {"Anfrage", "", "", "", ""}, .value = value};
}

TEST(OutlookEdges, NoProject) {
    const Result result = run_at({}, kMonthEnd);
    expect_numbers(result);
    EXPECT_EQ(result.run.state, RunState::kPrior);
    EXPECT_EQ(result.run.step, 28.0);
    EXPECT_TRUE(result.projects.empty());
    for (const MonthTotal &total : result.months) EXPECT_EQ(total.p90, 0.0);
}

TEST(OutlookEdges, TheFirstProjectOfAll) {
    const Result result = run_at({project("a", company::kBegin + 2.0)}, company::kBegin + 2.5);
    expect_numbers(result);
    ASSERT_EQ(result.projects.size(), 1U);
    EXPECT_EQ(result.run.state, RunState::kPrior);
    EXPECT_NEAR(result.projects[0].p_won, 0.3, 0.01);
}

TEST(OutlookEdges, OneMonthOfHistory) {
    Facts facts = company::facts_of(31, 60, 28.0);
    const Result result = run_at(facts, kMonthEnd + 3.0);
    expect_numbers(result);
    EXPECT_EQ(result.run.state, RunState::kYoung);
}

TEST(OutlookEdges, OnlyWinsAndOnlyLosses) {
    for (const State state : {State::kWon, State::kLost}) {
        Facts facts;
        for (int i = 0; i < 90; ++i) {
            const std::string id = "n" + std::to_string(i);
            facts.push_back(project(id, company::kBegin + 9.0 * i));
            if (i % 4 != 0) facts.push_back(project(id, company::kBegin + 9.0 * i + 50.0, state));
        }
        const Result result = run_at(facts, company::kBegin + 800.0);
        expect_numbers(result);
        ASSERT_FALSE(result.projects.empty());
        if (state == State::kWon) {
            EXPECT_GT(result.projects.back().p_won, 0.5);
        } else {
            EXPECT_LT(result.projects.back().p_won, 0.2);
        }
    }
}

TEST(OutlookEdges, AllImportedClosed) {
    Facts facts;
    for (int i = 0; i < 40; ++i) {
        Fact fact = project("n" + std::to_string(i), company::kBegin + 11.5, i % 3 == 0 ? State::kWon : State::kLost);
        fact.created = company::kBegin - 20.0 * i;
        facts.push_back(fact);
    }
    const Result result = run_at(facts, company::kBegin + 130.0);
    expect_numbers(result);
    EXPECT_EQ(result.run.state, RunState::kPrior);
    EXPECT_EQ(result.run.won, 0U);
    EXPECT_EQ(result.run.lost, 0U);
}

TEST(OutlookEdges, EveryDateMissing) {
    Facts facts = company::facts_of(77, 200, 700.0);
    for (Fact &fact : facts) {
        fact.created.reset();
        fact.stated_date.reset();
        fact.ordered_on.reset();
    }
    const Result result = run_at(facts, company::kBegin + 650.0);
    expect_numbers(result);
    EXPECT_TRUE(result.model.factor(FactorKind::kStatedDate).groups.empty());
}

TEST(OutlookEdges, StrangeValues) {
    const std::vector<double> values{0.0,
                                     -5e6,
                                     1e15,
                                     9e200,
                                     std::numeric_limits<double>::infinity(),
                                     1e-300,
                                     -0.01,
                                     std::numeric_limits<double>::quiet_NaN()};
    Facts facts = company::facts_of(78, 200, 700.0);
    for (std::size_t i = 0; i < facts.size(); ++i) facts[i].value = values[i % values.size()];
    expect_numbers(run_at(facts, company::kBegin + 650.0));
}

TEST(OutlookEdges, LessThanHalfACentIsNothing) {
    Facts facts;
    for (int i = 0; i < 50; ++i) {
        const std::string id = "n" + std::to_string(i);
        facts.push_back(project(id, company::kBegin + 9.0 * i, State::kOpen, 1e-310));
        if (i % 3 != 0) facts.push_back(project(id, company::kBegin + 9.0 * i + 50.0, State::kWon, 1e15));
    }
    const Result result = run_at(facts, company::kBegin + 600.0);
    expect_numbers(result);
    EXPECT_EQ(result.model.value_ratio_all, 1.0);
    EXPECT_EQ(result.projects.at(0).value, 0.0);
}

TEST(OutlookEdges, StrangeDays) {
    Facts facts = company::facts_of(79, 200, 700.0);
    const std::vector<double> days{-1e9, 1e300, std::numeric_limits<double>::quiet_NaN(), 84'000.0, -25'000.0, 0.0};
    for (std::size_t i = 0; i < facts.size(); ++i) {
        facts[i].created = days[i % days.size()];
        facts[i].stated_date = days[(i + 1) % days.size()];
        facts[i].ordered_on = days[(i + 2) % days.size()];
        facts[i].stated_percent = days[(i + 3) % days.size()];
    }
    expect_numbers(run_at(facts, company::kBegin + 650.0));
}

TEST(OutlookEdges, OpenAgainCountsAsOpenThroughout) {
    const double begin = company::kBegin;
    const Facts reopened{project("a", begin), project("a", begin + 40.0, State::kLost), project("a", begin + 55.0)};
    const Result result = run_at(reopened, begin + 300.0);
    ASSERT_EQ(result.projects.size(), 1U);
    EXPECT_EQ(result.run.lost, 0U);
    EXPECT_EQ(result.run.rows, 10U);  // at every landmark
}

TEST(OutlookEdges, ArchivedWhileOpenIsNeitherWonNorLost) {
    const double begin = company::kBegin;
    const Result result = run_at({project("a", begin), project("a", begin + 100.0, State::kAbsent)}, begin + 300.0);
    EXPECT_TRUE(result.projects.empty());
    EXPECT_EQ(result.run.won + result.run.lost, 0U);
    EXPECT_GT(result.run.rows, 0U);
}

TEST(OutlookEdges, CreatedAfterTheOriginIsNotOpen) {
    Fact ahead = project("a", company::kBegin);
    ahead.created = company::kBegin + 90.0;
    EXPECT_TRUE(run_at({ahead}, company::kBegin + 60.0).projects.empty());
    EXPECT_EQ(run_at({ahead}, company::kBegin + 100.0).projects.size(), 1U);
}

TEST(OutlookEdges, OrderDayTellsWhenItWasWon) {
    const double begin = company::kBegin + 31.0;  // a first of the month
    Fact won = project("a", begin + 45.5, State::kWon);
    won.ordered_on = begin + 40.0;
    Facts facts{project("a", begin), won};
    const Result result = run_at(facts, begin + 45.75);
    EXPECT_EQ(result.run.won, 1U);
    EXPECT_EQ(result.run.month_won, 1U);
    EXPECT_EQ(result.run.month_won_value, 900.0);
}

TEST(OutlookEdges, TheLaterOfTwoVersionsOfOneMomentHolds) {
    const Facts facts{project("a", company::kBegin, State::kOpen, 100.0),
                      project("a", company::kBegin, State::kOpen, 70.0)};
    EXPECT_EQ(run_at(facts, company::kBegin + 9.0).projects.at(0).facts.value, 70.0);
}

TEST(OutlookEdges, FewerRowsThanTheLimit) {
    const History history = company::history_of(company::facts_of(80, 300, 900.0));
    const Origin origin{.moment = company::kBegin + 850.0};
    const Result free = run(history, origin);
    const Result limited = run(history, origin, {.row_limit = free.run.rows / 3});
    expect_numbers(limited);
    EXPECT_LE(limited.run.rows, free.run.rows / 3);
    EXPECT_EQ(limited.run.step, 4.0 * free.run.step);
}

TEST(OutlookEdges, SettingsOutOfRangeAreRefused) {
    const History history = company::history_of({});
    const auto refused = [&history](const Settings &settings) {
        try {
            (void)run(history, {.moment = kMonthEnd}, settings);
            return false;
        } catch (const InputError &error) {
            return error.sqlstate() == kInvalidParameter && !error.hint().empty();
        }
    };
    EXPECT_TRUE(refused({.kappa = 0.0}));
    EXPECT_TRUE(refused({.half_life = std::numeric_limits<double>::quiet_NaN()}));
    EXPECT_TRUE(refused({.prior_win = 1.0}));
    EXPECT_TRUE(refused({.rounds = 0}));
    EXPECT_TRUE(refused({.min_cycles = 1}));
    EXPECT_TRUE(refused({.blend_decay = 1.5}));
    EXPECT_TRUE(refused({.row_limit = 0}));
    EXPECT_FALSE(refused({}));
}

TEST(OutlookEdges, OriginsOutOfRangeAreRefused) {
    const History history = company::history_of(company::facts_of(81, 5, 90.0));
    for (const double moment :
         {-1e6, 1e6, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_THROW((void)run(history, {.moment = moment}), InputError);
    }
}

TEST(OutlookEdges, BinsInWords) {
    EXPECT_EQ(bin_label(FactorKind::kStageAge, 0), "0 to 6 days");
    EXPECT_EQ(bin_label(FactorKind::kChange, 6), "224 days and more");
    EXPECT_EQ(bin_label(FactorKind::kStatedDate, 0), "more than 180 days ahead");
    EXPECT_EQ(bin_label(FactorKind::kStatedDate, 3), "15 to 45 days ahead");
    EXPECT_EQ(bin_label(FactorKind::kStatedDate, 4), "within 15 days");
    EXPECT_EQ(bin_label(FactorKind::kStatedDate, 5), "15 to 45 days past");
    EXPECT_EQ(bin_label(FactorKind::kStatedDate, 8), "180 days past and more");
    EXPECT_EQ(bin_label(FactorKind::kStatedDate, 9), "none");
    EXPECT_EQ(bin_label(FactorKind::kPushes, 3), "3 and more");
    EXPECT_EQ(bin_label(FactorKind::kPercent, 1), "5 to 14 %");
    EXPECT_EQ(bin_label(FactorKind::kPercent, 11), "none");
    EXPECT_EQ(bin_label(FactorKind::kStageBand, 9), "259 to 370 days");
}

}  // namespace
}  // namespace pipeline_forecast::outlook
