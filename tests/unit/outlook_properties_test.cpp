// What holds for any history.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/outlook/explanation.hpp"
#include "core/outlook/outlook.hpp"
#include "outlook_company.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kDays = 1'400.0;
constexpr double kFourYears = 1'461.0;  // the calendar repeats

const company::Facts &facts() {
    static const company::Facts all = company::facts_of(90'017, 420, kDays);
    return all;
}

constexpr Origin kOrigin{.moment = company::kBegin + kDays - 75.25};

// Two forecasts for each month ahead of an origin a year ago, so that shock and blend have a past.
Record some_record(double scale = 1.0) {
    Record record;
    const Horizon horizon = Horizon::from(kOrigin.moment - 365.0);
    for (int month = 0; month < kMonths; ++month) {
        for (const Span span : {Span::kMonth, Span::kCumulated}) {
            const double forecast = scale * (span == Span::kMonth ? 40'000.0 : 40'000.0 * (month + 1));
            record.push_back({.origin = horizon.origin,
                              .month = horizon.first_month + month,
                              .horizon = month,
                              .span = span,
                              .before = forecast,
                              .after = 1.1 * forecast,
                              .k2 = 0.2 * forecast * forecast,
                              .top_down = 0.7 * forecast,
                              .p10 = 0.5 * forecast,
                              .p90 = 1.5 * forecast});
        }
    }
    return record;
}

Result run_of(const company::Facts &all) { return run(company::history_of(all), kOrigin, {}, some_record()); }

void expect_close(const std::vector<double> &actual, const std::vector<double> &expected) {
    ASSERT_EQ(actual.size(), expected.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (!(std::abs(actual[i] - expected[i]) <= 1e-9 + 1e-7 * std::abs(expected[i]))) ++different;
    }
    EXPECT_EQ(different, 0U);
}

TEST(OutlookProperties, TheRunLearnsSomething) {
    const Result result = run_of(facts());
    EXPECT_EQ(result.run.state, RunState::kFitted);
    EXPECT_GT(result.projects.size(), 20U);
    EXPECT_GT(result.run.cells, 1'000U);
    EXPECT_EQ(result.months.size(), 72U);
    EXPECT_FALSE(result.judged.empty());
    EXPECT_LT(result.months.back().theta, 1.0);
    for (const FactorKind kind : kFactorKinds) EXPECT_FALSE(result.model.factor(kind).groups.empty());
}

TEST(OutlookProperties, SameBitsInAnyOrder) {
    const std::vector<double> expected = company::numbers_of(run_of(facts()));
    EXPECT_EQ(company::numbers_of(run_of(facts())), expected);
    company::Facts shuffled = facts();
    company::Dice(5).shuffle(shuffled);
    EXPECT_EQ(company::numbers_of(run_of(shuffled)), expected);
}

TEST(OutlookProperties, VersionsWithoutChangeChangeNothing) {
    company::Facts split = facts();
    std::map<std::string, double> next;
    for (std::size_t i = facts().size(); i-- > 0;) {
        const company::Fact &fact = facts()[i];
        const auto later = next.find(fact.project);
        const double end = later == next.end() ? fact.valid_from + 60.0 : later->second;
        company::Fact again = fact;
        for (const double share : {0.3, 0.8}) {
            again.valid_from = fact.valid_from + share * (end - fact.valid_from);
            split.push_back(again);
        }
        next[fact.project] = fact.valid_from;
    }
    EXPECT_EQ(company::numbers_of(run_of(split)), company::numbers_of(run_of(facts())));
}

TEST(OutlookProperties, WhatWasRecordedLaterIsNotRead) {
    company::Facts until;
    std::ranges::copy_if(facts(), std::back_inserter(until),
                         [](const company::Fact &fact) { return fact.valid_from <= kOrigin.moment; });
    ASSERT_LT(until.size(), facts().size());
    EXPECT_EQ(company::numbers_of(run_of(until)), company::numbers_of(run_of(facts())));
}

TEST(OutlookProperties, TheSameFourYearsLater) {
    company::Facts shifted = facts();
    for (company::Fact &fact : shifted) {
        fact.valid_from += kFourYears;
        for (auto *day : {&fact.created, &fact.ordered_on, &fact.stated_date}) {
            if (*day) **day += kFourYears;
        }
    }
    Record record = some_record();
    for (PastForecast &past : record) {
        past.origin += kFourYears;
        past.month += 48;
    }
    Result later = run(company::history_of(shifted), {.moment = kOrigin.moment + kFourYears}, {}, record);
    later.run.known_from -= kFourYears;
    expect_close(company::numbers_of(later), company::numbers_of(run_of(facts())));
}

TEST(OutlookProperties, MoneyOnlyScales) {
    constexpr double kScale = 1'000.0;
    company::Facts rich = facts();
    for (company::Fact &fact : rich) fact.value *= kScale;
    const Result large = run(company::history_of(rich), kOrigin, {}, some_record(kScale));
    const Result small = run_of(facts());
    const auto expect_scaled = [](double actual, double expected, double tolerance) {
        EXPECT_NEAR(actual, kScale * expected, tolerance + 1e-9 * std::abs(actual));
    };
    ASSERT_EQ(large.projects.size(), small.projects.size());
    for (std::size_t i = 0; i < large.projects.size(); ++i) {
        EXPECT_EQ(large.projects[i].p_won, small.projects[i].p_won);
        expect_scaled(large.projects[i].value, small.projects[i].value, 0.0);
    }
    for (std::size_t i = 0; i < large.months.size(); ++i) {
        EXPECT_NEAR(large.months[i].shock, small.months[i].shock, 1e-9);
        EXPECT_NEAR(large.months[i].c, small.months[i].c, 1e-9);
        expect_scaled(large.months[i].columns.k1, small.months[i].columns.k1, 0.0);
        // Rounded to cents before it is compared.
        expect_scaled(large.months[i].p10, small.months[i].p10, 0.006 * kScale);
        expect_scaled(large.months[i].p90, small.months[i].p90, 0.006 * kScale);
    }
}

TEST(OutlookProperties, ProbabilitiesAddUpToOne) {
    for (const ProjectForecast &project : run_of(facts()).projects) {
        double sum = project.later + project.lost;
        for (const double p : project.won) {
            EXPECT_GE(p, 0.0);
            sum += p;
        }
        EXPECT_NEAR(sum, 1.0, 1e-12);
        EXPECT_GE(project.lost, 0.0);
        EXPECT_NEAR(project.p_won + project.lost, 1.0, 1e-12);
    }
}

TEST(OutlookProperties, AnyPartitionAddsUpToTheTotal) {
    const Result result = run_of(facts());
    for (const MonthTotal &total : result.months) {
        if (total.part != Part::kTotal) continue;
        std::map<std::uint32_t, Columns> by_owner;
        for (const ProjectForecast &project : result.projects) {
            by_owner[project.facts.code(Segment::kOwner)] += project_columns(result, project, total.month, total.span);
        }
        Columns sum;
        for (const auto &[owner, columns] : by_owner) sum += columns;
        for (const NewType &type : result.new_business.types) {
            sum += new_columns(result, type, total.month, total.span);
        }
        EXPECT_NEAR(sum.k1, total.columns.k1, 1e-10 * total.columns.k1);
        EXPECT_NEAR(sum.k2, total.columns.k2, 1e-10 * total.columns.k2);
        EXPECT_NEAR(sum.k3, total.columns.k3, 1e-10 * total.columns.k3);
        EXPECT_NEAR(sum.l0, total.columns.l0, 1e-10 * std::abs(total.columns.l0));
        EXPECT_LE(total.p10, total.p50);
        EXPECT_LE(total.p50, total.p90);
    }
}

TEST(OutlookProperties, CumulatedIsTheSumOfItsMonths) {
    const Result result = run_of(facts());
    Months sums{};
    for (const MonthTotal &total : result.months) {
        if (total.part != Part::kTotal || total.span != Span::kMonth) continue;
        for (int month = total.month; month < kMonths; ++month) {
            sums[static_cast<std::size_t>(month)] += total.columns.k1;
        }
    }
    for (const MonthTotal &total : result.months) {
        if (total.part != Part::kTotal || total.span != Span::kCumulated) continue;
        EXPECT_NEAR(total.columns.k1, sums[static_cast<std::size_t>(total.month)], 1e-9 * total.columns.k1);
    }
}

TEST(OutlookProperties, ReasonsAddUpToTheProbability) {
    const Result result = run_of(facts());
    const Explainer explainer(result.model, result.horizon);
    for (const ProjectForecast &project : result.projects) {
        double sum = 0.0;
        for (const double reason : explainer.explain(project.facts)) sum += reason;
        EXPECT_NEAR(sum, std::log(project.p_won / (1.0 - project.p_won)), 1e-9);
    }
}

}  // namespace
}  // namespace pipeline_forecast::outlook
