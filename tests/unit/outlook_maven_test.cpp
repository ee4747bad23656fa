// The opportunities of crm_opportunities as the golden data takes them: day 0 is 2016-10-01, an origin is half a day
// before the first of a month, and month 0 is the one that then begins.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/calendar.hpp"
#include "core/outlook/model_fit.hpp"
#include "core/outlook/new_business.hpp"
#include "core/outlook/observer.hpp"
#include "core/outlook/project_odds.hpp"
#include "core/outlook/top_down.hpp"
#include "golden_files.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr int kOctober2016 = (2016 - 1970) * 12 + 9;
constexpr double kMavenTolerance = 1e-8;
constexpr double kStep = 14.0;

double day_of(std::string_view iso) {
    const Day day = std::chrono::year{golden::parse<int>(iso.substr(0, 4))} / golden::parse<int>(iso.substr(5, 2)) /
                    golden::parse<int>(iso.substr(8, 2));
    return static_cast<double>(day.time_since_epoch().count());
}

std::filesystem::path opportunities() { return golden::folder("crm_opportunities") / "sales_pipeline.csv"; }
std::filesystem::path golden_maven() { return golden::folder("golden_outlook") / "maven"; }

struct Deal {
    double engaged;
    std::string id;
    std::string product;
    std::string stage;
    std::optional<double> closed;
    double value;
};

std::vector<Deal> deals() {
    std::vector<Deal> deals;
    for (const golden::Row &row : golden::read_csv(opportunities())) {
        if (row.at("engage_date").empty()) continue;
        const std::string &closed = row.at("close_date");
        deals.push_back({.engaged = day_of(row.at("engage_date")),
                         .id = row.at("opportunity_id"),
                         .product = row.at("product") == "GTXPro" ? "GTX Pro" : row.at("product"),
                         .stage = row.at("deal_stage"),
                         .closed = closed.empty() ? std::nullopt : std::optional(day_of(closed)),
                         .value = golden::parse_optional<double>(row.at("close_value")).value_or(0.0)});
    }
    std::ranges::sort(deals, {}, [](const Deal &deal) { return std::tuple(deal.engaged, deal.id); });
    return deals;
}

// The golden data knows no days since the last change: a version every six days makes them one group, which is no
// factor.
History history() {
    constexpr double kTouched = 6.0;
    constexpr double kLast = 470.0;
    std::map<std::string, double> prices;
    for (const golden::Row &row : golden::read_csv(golden::folder("crm_opportunities") / "products.csv")) {
        prices[row.at("product")] = golden::parse<double>(row.at("sales_price"));
    }
    History history;
    int number = 100'000;
    for (const Deal &deal : deals()) {
        const std::string id = std::to_string(number++);
        Version version{.project = id,
                        .valid_from = deal.engaged,
                        .stage = "open",
                        .type = deal.product,
                        .value = prices.at(deal.product),
                        .created = deal.engaged};
        const double end = deal.closed.value_or(month_begin(kOctober2016) + kLast);
        for (; version.valid_from < end || version.rest == 0; version.valid_from += kTouched, ++version.rest) {
            history.add(version);
        }
        if (!deal.closed) continue;
        version.valid_from = end;
        version.state = deal.stage == "Won" ? State::kWon : State::kLost;
        version.value = deal.value;
        history.add(version);
    }
    history.seal();
    return history;
}

Lives lives_before(const History &history, int month) {
    const double landmarks_after = month_begin(kOctober2016) + 30.0;
    const double known_from = month_begin(kOctober2016 + 5);
    return lives_at(history, month_begin(month) - 0.5, landmarks_after, known_from);
}

// The golden data looks three months ahead, from half a day before they begin.
Horizon three_months_from(int month) {
    Horizon horizon = Horizon::from(month_begin(month));
    horizon.origin -= 0.5;
    std::fill(horizon.bounds.begin() + 4, horizon.bounds.end(), horizon.bounds[3]);
    return horizon;
}

void expect_near(double actual, double expected, const std::string &what) {
    EXPECT_NEAR(actual, expected, kMavenTolerance * std::abs(expected)) << what;
}

class OutlookMaven : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(opportunities()) || !std::filesystem::exists(golden_maven())) {
            GTEST_SKIP() << "no golden data at " << golden_maven() << ", or no " << opportunities();
        }
    }
};

TEST_F(OutlookMaven, ForecastsOfThreeOrigins) {
    const History all = history();
    std::map<int, std::vector<golden::Row>> origins;
    for (const golden::Row &row : golden::read_csv(golden_maven() / "forecast.csv")) {
        origins[golden::parse<int>(row.at("origin_month_since_2016_10"))].push_back(row);
    }
    ASSERT_FALSE(origins.empty());
    for (const auto &[origin, rows] : origins) {
        const Lives lives = lives_before(all, kOctober2016 + origin);
        const ModelFit fit = fit_model(all, lives, landmarks_every(kStep, all, lives, {}), {});
        const Horizon horizon = three_months_from(kOctober2016 + origin);
        const OddsTable odds(fit.model, horizon);
        const NewBusiness business = forecast_new_business(fit.model, all, lives, horizon, {});
        Months wins{};
        Months value{};
        std::size_t open = 0;
        for (std::uint32_t project = 0; project < lives.of.size(); ++project) {
            if (lives.of[project].ending != Ending::kOpen) continue;
            ++open;
            const OpenProject seen = Observer(all, project, lives.of[project].created).look(lives.origin);
            const ProjectOdds of_project = odds.of(seen);
            for (std::size_t month = 0; month < kMonths; ++month) {
                wins[month] += of_project.won[month];
                value[month] += of_project.won[month] * seen.value * fit.model.ratio(seen.code(Segment::kType));
            }
        }
        for (const golden::Row &row : rows) {
            const auto month = golden::parse<std::size_t>(row.at("month_ahead"));
            const std::string what = "origin " + std::to_string(origin) + ", month " + std::to_string(month);
            double new_wins = 0.0;
            double new_value = 0.0;
            for (const NewType &type : business.types) {
                new_wins += type.wins[month];
                new_value += type.wins[month] * type.values.mean * fit.model.ratio(type.type);
            }
            EXPECT_EQ(open, golden::parse<std::size_t>(row.at("open_deals"))) << what;
            expect_near(wins[month], golden::parse<double>(row.at("expected_wins")), what);
            expect_near(value[month], golden::parse<double>(row.at("expected_value")), what);
            expect_near(new_wins, golden::parse<double>(row.at("new_wins")), what);
            expect_near(new_value, golden::parse<double>(row.at("new_value")), what);
        }
    }
}

TEST_F(OutlookMaven, TopDownLines) {
    const History all = history();
    for (const golden::Row &row : golden::read_csv(golden_maven() / "top_down.csv")) {
        const int origin = kOctober2016 + golden::parse<int>(row.at("origin_month_since_2016_10"));
        const Lives lives = lives_before(all, origin);
        const std::vector<WonMonth> months = won_months(Wins(lives), lives.known_from, origin);
        const std::string what = "origin " + row.at("origin_month_since_2016_10");
        ASSERT_FALSE(months.empty());
        expect_near(months.back().value, golden::parse<double>(row.at("last_month_won")), what);
        expect_near(months.back().variance, golden::parse<double>(row.at("last_month_s2")), what);
        const TopDown top_down(months, origin, {});
        for (int month = 0; month < 3; ++month) {
            expect_near(top_down.line(origin + month), golden::parse<double>(row.at("line_" + std::to_string(month))),
                        what + ", line " + std::to_string(month));
        }
    }
}

}  // namespace
}  // namespace pipeline_forecast::outlook
