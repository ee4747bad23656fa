// A simulated firm with the figures that an independent implementation gave for it, to 1e-9.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "core/outlook/explanation.hpp"
#include "core/outlook/outlook.hpp"
#include "core/outlook/quantile.hpp"
#include "golden_files.hpp"
#include "outlook_firm.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kTolerance = 1e-9;
constexpr double kTinyTolerance = 1e-12;  // near 0
constexpr double kBandTolerance = 1e-8;

// Counts what differs from the golden data, and keeps the first differences in words.
class Comparison {
public:
    void compare(const std::string &what, double actual, double expected, double tolerance = kTolerance) {
        ++compared_;
        if (std::abs(actual - expected) <= std::max(kTinyTolerance, tolerance * std::abs(expected))) return;
        ++different_;
        if (different_ <= 20) {
            words_ += what + ": " + std::to_string(actual) + " instead of " + std::to_string(expected) + ", " +
                      std::to_string(actual / expected - 1.0) + "\n";
        }
    }

    [[nodiscard]] std::size_t compared() const noexcept { return compared_; }
    [[nodiscard]] std::size_t different() const noexcept { return different_; }
    [[nodiscard]] const std::string &words() const noexcept { return words_; }

private:
    std::size_t compared_ = 0;
    std::size_t different_ = 0;
    std::string words_;
};

class FirmComparison : public Comparison {
public:
    explicit FirmComparison(const Settings &settings)
        : history_(firm::history()), result_(run(history_, firm::origin(), settings)) {}

    void parameters() {
        std::map<std::string, double> named;
        for (const golden::Row &row : read("parameters.csv")) named[row.at("name")] = firm::number(row, "value");
        for (std::size_t month = 0; month < result_.horizon.bounds.size(); ++month) {
            compare("bound", result_.horizon.bounds[month], named.at("bound_" + std::to_string(month)));
        }
        compare("step", result_.run.step, named.at("step"));
        compare("rows", static_cast<double>(result_.run.rows), named.at("landmark_rows"));
        compare("cells", static_cast<double>(result_.run.cells), named.at("exposure_cells"));
        compare("redundancy", result_.model.redundancy, named.at("redundancy"));
        compare("level won", result_.model.level.won, named.at("level_won"));
        compare("level lost", result_.model.level.lost, named.at("level_lost"));
        compare("shock", result_.run.shock_prior, named.at("shock_prior_variance"));
        compare("cv2", result_.model.value_cv2, named.at("value_cv2"));
    }

    void base() {
        for (const golden::Row &row : read("base.csv")) {
            const auto band = golden::parse<std::size_t>(row.at("k_band"));
            compare("base won", result_.model.base[band].won, firm::number(row, "rate_won"));
            compare("base lost", result_.model.base[band].lost, firm::number(row, "rate_lost"));
        }
    }

    void factors() {
        const std::map<std::string, FactorKind> kinds{{"s", FactorKind::kStage},      {"sa", FactorKind::kStageAge},
                                                      {"chg", FactorKind::kChange},   {"date", FactorKind::kStatedDate},
                                                      {"u", FactorKind::kStatedDate}, {"push", FactorKind::kPushes},
                                                      {"sp", FactorKind::kPercent},   {"type", FactorKind::kType},
                                                      {"owner", FactorKind::kOwner},  {"sk", FactorKind::kStageBand}};
        for (const golden::Row &row : read("factors.csv")) {
            const std::string name = row.at("factor");
            const FactorKind kind = kinds.at(name);
            const FactorGroup &group =
                result_.model.factor(kind).groups.at(group_number(kind, golden::parse<std::size_t>(row.at("group"))));
            for (const Cause cause : kCauses) {
                const std::string prefix = cause == Cause::kWon ? "won_" : "lost_";
                const std::string what = name + " " + row.at("group") + " " + prefix;
                compare(what + "observed", group.fit[cause].observed, firm::number(row, prefix + "observed"));
                compare(what + "expected", group.fit[cause].expected, firm::number(row, prefix + "expected"));
                compare(what + "factor", group.fit[cause].factor, firm::number(row, prefix + "factor"));
            }
        }
    }

    void calendar() {
        for (const golden::Row &row : read("calendar.csv")) {
            const auto position = golden::parse<std::size_t>(row.at("position"));
            const Calendar &calendar = result_.model.calendar;
            const ByCause<double> &log =
                row.at("cycle") == "quarter" ? calendar.quarter.at(position) : calendar.year.at(position);
            compare(row.at("cycle") + " won", log.won, firm::number(row, "won_log"));
            compare(row.at("cycle") + " lost", log.lost, firm::number(row, "lost_log"));
        }
    }

    void projects() {
        const std::vector<golden::Row> rows = read("forecast.csv");
        compare("open projects", static_cast<double>(result_.projects.size()), static_cast<double>(rows.size()));
        for (const golden::Row &row : rows) {
            const ProjectForecast &project = forecast_of(row.at("project"));
            for (std::size_t month = 0; month < kMonths; ++month) {
                compare("p", project.won[month], firm::number(row, "p_" + std::to_string(month)));
            }
            compare("later", project.later, firm::number(row, "later"));
            compare("lost", project.lost, firm::number(row, "lost"));
        }
    }

    void explanations() {
        const Explainer explainer(result_.model, result_.horizon);
        for (const golden::Row &row : read("explanation.csv")) {
            const ProjectForecast &project = forecast_of(row.at("project"));
            const Explanation reasons = explainer.explain(project.facts);
            for (std::size_t i = 0; i < kReasons; ++i) {
                std::string name(reason_name(static_cast<Reason>(i)));
                if (name == "stated percent") name = "stated probability";
                const double expected = row.contains(name) ? firm::number(row, name) : 0.0;
                compare(name, reasons[i], expected, kBandTolerance);
            }
            compare("p", project.p_won, firm::number(row, "p"));
        }
    }

    void values() {
        for (const golden::Row &row : read("value_ratio.csv")) {
            compare("ratio", result_.model.ratio(type_code(row.at("type"))), firm::number(row, "ratio"));
        }
    }

    void new_business() {
        const NewBusiness &business = result_.new_business;
        for (const golden::Row &row : read("new_rates.csv")) {
            const auto band = golden::parse<std::size_t>(row.at("k_band"));
            compare("new rate won", business.base[band].won, firm::number(row, "rate_won"));
            compare("new rate lost", business.base[band].lost, firm::number(row, "rate_lost"));
        }
        for (const golden::Row &row : read("new_type_factors.csv")) {
            const NewType &type = new_type(row.at("type"));
            compare("new factor won", type.rate.won, firm::number(row, "won"));
            compare("new factor lost", type.rate.lost, firm::number(row, "lost"));
        }
        for (const golden::Row &row : read("arrival_season.csv")) {
            compare("arrival season", business.season.at(golden::parse<std::size_t>(row.at("month"))),
                    firm::number(row, "log_factor"));
        }
        for (const golden::Row &row : read("new_business.csv")) {
            const NewType &type = new_type(row.at("type"));
            compare("arrivals", type.arrivals, firm::number(row, "arrivals_per_day"));
            compare("value mean", type.values.mean, firm::number(row, "value_mean"));
            compare("value square", type.values.square, firm::number(row, "value_square"));
            compare("value cube", type.values.cube, firm::number(row, "value_cube"));
            for (std::size_t month = 0; month < kMonths; ++month) {
                compare("wins", type.wins[month], firm::number(row, "wins_" + std::to_string(month)));
            }
        }
    }

    // The golden totals know no record and no blend; the run has no record either, and its blend is taken away.
    void totals() {
        for (const golden::Row &row : read("totals.csv")) {
            const Span span = row.at("span") == "month" ? Span::kMonth : Span::kCumulated;
            const auto month = golden::parse<int>(row.at("month"));
            const std::string what = row.at("what");
            if (what.starts_with("band_")) {
                const auto q = golden::parse<double>(what.substr(5));
                compare(row.at("span") + what, quantile(columns(month, span, Part::kTotal), result_.run.shock_prior, q),
                        firm::number(row, "k1"), kBandTolerance);
                continue;
            }
            const Columns sum = columns(month, span, what == "new" ? Part::kNew : Part::kPipeline);
            compare(what + " k1", sum.k1, firm::number(row, "k1"));
            compare(what + " k2", sum.k2, firm::number(row, "k2"));
            compare(what + " k3", sum.k3, firm::number(row, "k3"));
            compare(what + " l0", sum.l0, firm::number(row, "l0"));
        }
    }

    void all() {
        parameters();
        base();
        factors();
        calendar();
        projects();
        explanations();
        values();
        new_business();
        totals();
    }

private:
    static std::vector<golden::Row> read(const char *file) { return golden::read_csv(firm::folder() / file); }

    [[nodiscard]] std::uint32_t code(Segment segment, const std::string &text) const {
        for (std::uint32_t group = 0; group < history_.groups(segment); ++group) {
            if (history_.text(segment, group) == text) return group;
        }
        throw std::runtime_error("no group " + text);
    }
    [[nodiscard]] std::uint32_t type_code(const std::string &text) const { return code(Segment::kType, text); }

    // Golden groups count stages, types and owners from 0 on; here the empty text is group 0.
    [[nodiscard]] std::size_t group_number(FactorKind kind, std::size_t golden_group) const {
        const auto stage = [this](std::size_t number) { return code(Segment::kStage, std::to_string(number)); };
        switch (kind) {
            case FactorKind::kStage: return stage(golden_group);
            case FactorKind::kStageAge: return stage(golden_group / kAgeBins) * kAgeBins + golden_group % kAgeBins;
            case FactorKind::kStageBand: return stage(golden_group / kBands) * kBands + golden_group % kBands;
            case FactorKind::kType: return type_code(std::to_string(golden_group));
            case FactorKind::kOwner: return code(Segment::kOwner, std::to_string(golden_group));
            default: return golden_group;
        }
    }

    [[nodiscard]] const ProjectForecast &forecast_of(const std::string &project) const {
        const std::string id = firm::id_of(project);
        const auto found = std::ranges::find_if(
            result_.projects, [&](const ProjectForecast &row) { return history_.id(row.facts.project) == id; });
        if (found == result_.projects.end()) throw std::runtime_error("no project " + id);
        return *found;
    }

    [[nodiscard]] const NewType &new_type(const std::string &text) const {
        return *std::ranges::find(result_.new_business.types, type_code(text), &NewType::type);
    }

    [[nodiscard]] Columns columns(int month, Span span, Part part) const {
        const auto found = std::ranges::find_if(result_.months, [&](const MonthTotal &total) {
            return total.month == month && total.span == span && total.part == part;
        });
        return scaled(found->columns, 1.0 / found->c);
    }

    History history_;
    Result result_;
};

TEST(OutlookGolden, EveryFigureOfTheFirm) {
    if (!std::filesystem::exists(firm::folder() / "versions.csv")) {
        GTEST_SKIP() << "no golden data in " << firm::folder();
    }
    FirmComparison comparison{Settings{}};
    comparison.all();
    EXPECT_EQ(comparison.different(), 0U) << comparison.words();
    std::cout << comparison.compared() << " figures compared\n";
}

// That a constant of the rules cannot change unnoticed.
TEST(OutlookGolden, AnotherKappaDiffers) {
    if (!std::filesystem::exists(firm::folder() / "versions.csv")) {
        GTEST_SKIP() << "no golden data in " << firm::folder();
    }
    FirmComparison comparison{Settings{.kappa = 5.01}};
    comparison.all();
    EXPECT_GT(comparison.different(), comparison.compared() / 2);
    std::cout << comparison.different() << " of " << comparison.compared() << " figures differ with kappa 5.01\n";
}

}  // namespace
}  // namespace pipeline_forecast::outlook
