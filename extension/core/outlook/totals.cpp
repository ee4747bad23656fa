#include "core/outlook/totals.hpp"

#include <algorithm>
#include <cmath>

#include "core/outlook/quantile.hpp"
#include "core/outlook/top_down.hpp"
#include "core/outlook/track_record.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr std::array kSpans{Span::kMonth, Span::kCumulated};
constexpr std::array kParts{Part::kPipeline, Part::kNew, Part::kTotal};

// Half away from zero, to two decimals; what people read.
double money(double value) noexcept { return std::round(value * 100.0) / 100.0; }

std::vector<Matured> matured(const Record &record, const std::vector<Judged> &judged, Span span) {
    std::vector<Matured> rows;
    for (const Judged &row : judged) {
        if (record[row.forecast].span == span) rows.push_back({record[row.forecast], row.actual});
    }
    return rows;
}

// The line of each month ahead; of month 0, of what is left of it.
Months lines_of(const TopDown &top_down, const Horizon &horizon) noexcept {
    Months lines{};
    for (std::size_t month = 0; month < lines.size(); ++month) {
        lines[month] = top_down.line(horizon.first_month + static_cast<int>(month));
    }
    lines[0] *= horizon.bounds[1] / (month_begin(horizon.first_month + 1) - month_begin(horizon.first_month));
    return lines;
}

class TotalsBuilder {
public:
    TotalsBuilder(const Sums &pipeline, const Sums &new_business, const Horizon &horizon, const TopDown &top_down)
        : pipeline_(pipeline), new_business_(new_business) {
        if (!top_down.empty()) lines_ = lines_of(top_down, horizon);
    }

    void learn(const std::vector<Matured> &months, const std::vector<Matured> &cumulated, double scale,
               double shock_prior, const Settings &settings) {
        month_shocks_ = learned_shocks(months, shock_prior, settings);
        cumulated_shocks_ = learned_shocks(cumulated, month_shocks_.pooled, settings);
        for (std::size_t group = 0; group < kHorizonGroups; ++group) {
            std::vector<Matured> rows;
            std::ranges::copy_if(months, std::back_inserter(rows),
                                 [group](const Matured &row) { return horizon_group(row.forecast.horizon) == group; });
            theta_[group] = settings.blend ? model_weight(rows, scale, settings) : 1.0;
        }
        set_blend();
    }

    [[nodiscard]] const Blend &blend() const noexcept { return blend_; }

    [[nodiscard]] std::vector<MonthTotal> months() const {
        std::vector<MonthTotal> rows;
        for (const Span span : kSpans) {
            for (int month = 0; month < kMonths; ++month) {
                for (const Part part : kParts) rows.push_back(total(month, span, part));
            }
        }
        return rows;
    }

private:
    [[nodiscard]] Columns sum(int month, Span span, Part part) const noexcept {
        Columns columns;
        if (part != Part::kNew) columns += pipeline_.at(month, span);
        if (part != Part::kPipeline) columns += new_business_.at(month, span);
        return columns;
    }

    [[nodiscard]] double theta(int month) const noexcept { return theta_[horizon_group(month)]; }

    void set_blend() noexcept {
        double all = 0.0;
        double blended = 0.0;
        for (int month = 0; month < kMonths; ++month) {
            const auto i = static_cast<std::size_t>(month);
            const double forecast = sum(month, Span::kMonth, Part::kTotal).k1;
            blend_.c[i] = lines_ ? blend_factor(theta(month), (*lines_)[i], forecast) : 1.0;
            all += forecast;
            blended += forecast * blend_.c[i];
            blend_.c_cumulated[i] = all > 0.0 && blended > 0.0 ? blended / all : 1.0;
        }
    }

    [[nodiscard]] std::optional<double> line(int month, Span span) const noexcept {
        if (!lines_) return std::nullopt;
        double sum = 0.0;
        for (int i = span == Span::kMonth ? month : 0; i <= month; ++i) sum += (*lines_)[static_cast<std::size_t>(i)];
        return sum;
    }

    [[nodiscard]] MonthTotal total(int month, Span span, Part part) const noexcept {
        const Shocks &shocks = span == Span::kMonth ? month_shocks_ : cumulated_shocks_;
        const Shock &shock = shocks.groups[horizon_group(month)];
        const Columns before = sum(month, span, part);
        MonthTotal total{.month = month,
                         .span = span,
                         .part = part,
                         .columns = scaled(before, blend_.at(month, span)),
                         .before = before.k1,
                         .shock = shock.variance,
                         .past_months = shock.months,
                         .theta = theta(month),
                         .c = blend_.at(month, span)};
        total.expected_value = money(total.columns.k1);
        total.p10 = money(quantile(total.columns, shock.variance, 0.1));
        total.p50 = money(quantile(total.columns, shock.variance, 0.5));
        total.p90 = money(quantile(total.columns, shock.variance, 0.9));
        if (part == Part::kTotal) total.top_down = line(month, span);
        return total;
    }

    const Sums &pipeline_;
    const Sums &new_business_;
    std::optional<Months> lines_;
    Shocks month_shocks_;
    Shocks cumulated_shocks_;
    std::array<double, kHorizonGroups> theta_{1.0, 1.0, 1.0, 1.0};
    Blend blend_;
};

}  // namespace

Totals totals_of(const Sums &pipeline, const Sums &new_business, const Horizon &horizon, const Wins &wins,
                 double known_from, double shock_prior, const Record &record, const Settings &settings) {
    const int end = horizon.first_month;
    const TopDown top_down(won_months(wins, known_from, end), end, settings);
    Totals totals{.months = {}, .blend = {}, .judged = judge(record, wins, horizon.origin)};
    TotalsBuilder builder(pipeline, new_business, horizon, top_down);
    builder.learn(matured(record, totals.judged, Span::kMonth), matured(record, totals.judged, Span::kCumulated),
                  top_down.scale(), shock_prior, settings);
    totals.months = builder.months();
    totals.blend = builder.blend();
    return totals;
}

}  // namespace pipeline_forecast::outlook
