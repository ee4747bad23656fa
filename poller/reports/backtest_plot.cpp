#include "poller/reports/backtest_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

namespace poller::reports {
namespace {

// In pixels.
constexpr double kWidth = 880;
constexpr double kLeft = 84;
constexpr double kRight = 24;
constexpr double kHead = 96;
constexpr double kPanelHead = 44;
constexpr double kPanel = 200;
constexpr double kPanelFoot = 34;
constexpr double kWidestBand = 64;

// The marks are told apart by shape as well as by colour. Text has a contrast of at least 4.5 to the background.
constexpr std::string_view kStyle = R"(
<style>
  svg { --paper: #ffffff; --ink: #1f2937; --soft: #4b5563; --grid: #e5e7eb; --band: #bfdbfe; --expected: #1d4ed8;
        --committed: #0f766e; --actual: #c2410c; --naive: #6b7280; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #111827; --ink: #f3f4f6; --soft: #c3c8d0; --grid: #374151; --band: #1e3a8a; --expected: #93c5fd;
          --committed: #5eead4; --actual: #fdba74; --naive: #9ca3af; } }
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--soft); }
  .title { font-size: 18px; font-weight: 600; fill: var(--ink); }
  .panel { font-size: 14px; font-weight: 600; fill: var(--ink); }
  .note { font-weight: 400; fill: var(--soft); }
  .paper { fill: var(--paper); }
  .grid { stroke: var(--grid); }
  .zero { stroke: var(--soft); }
  .band { fill: var(--band); }
  .expected { stroke: var(--expected); stroke-width: 3; }
  .committed { stroke: var(--committed); stroke-width: 2; stroke-dasharray: 5 3; }
  .naive { stroke: var(--naive); stroke-width: 2; stroke-dasharray: 1.5 3; }
  .actual { fill: var(--actual); stroke: var(--actual); stroke-width: 2; }
  .outside { fill: var(--paper); }
</style>
)";

// 1, 2 or 5 times a power of ten, so that about four lines cross a panel.
[[nodiscard]] double step_for(double span) {
    const double power = std::pow(10, std::floor(std::log10(span / 4)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (span / 4 <= factor * power) {
            return factor * power;
        }
    }
    return 10 * power;
}

// 1.25M, 500k, 0: three digits are enough for a picture.
[[nodiscard]] std::string short_amount(double amount) {
    const double size = std::abs(amount);
    if (size >= 999.5e6) {
        return fmt::format("{:.3g}bn", amount / 1e9);
    }
    if (size >= 999.5e3) {
        return fmt::format("{:.3g}M", amount / 1e6);
    }
    if (size >= 1e3) {
        return fmt::format("{:.3g}k", amount / 1e3);
    }
    return fmt::format("{:.3g}", amount);
}

[[nodiscard]] std::string escaped(std::string_view text) {
    std::string markup;
    for (const char character : text) {
        switch (character) {
            case '&': markup += "&amp;"; break;
            case '<': markup += "&lt;"; break;
            default: markup += character;
        }
    }
    return markup;
}

// Jul 2017
[[nodiscard]] std::string month_name(std::string_view day) {
    static constexpr std::array<const char *, 12> kNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int number = day.size() < 7 ? 0 : (day[5] - '0') * 10 + (day[6] - '0');
    if (number < 1 || number > 12) {
        return std::string(day.substr(0, 7));
    }
    return fmt::format("{} {}", kNames[static_cast<std::size_t>(number - 1)], day.substr(0, 4));
}

[[nodiscard]] bool in_band(const ForecastMonth &month) {
    return month.worst <= month.actual && month.actual <= month.best;
}

[[nodiscard]] std::vector<int> chosen_horizons(const std::vector<ForecastMonth> &months) {
    std::set<int> present;
    for (const ForecastMonth &month : months) {
        present.insert(month.horizon);
    }
    std::vector<int> chosen;
    for (const int horizon : {1, 3, 6, 12}) {
        if (present.contains(horizon)) {
            chosen.push_back(horizon);
        }
    }
    if (chosen.empty() && !present.empty()) {
        chosen.push_back(*present.begin());
    }
    return chosen;
}

[[nodiscard]] std::string panel_title(int horizon) {
    return horizon == 1   ? "Forecast before the month began"
           : horizon == 2 ? "Forecast a month earlier"
                          : fmt::format("Forecast {} months earlier", horizon - 1);
}

// What all panels share: the months along, the amounts up.
class Axes {
public:
    Axes(const std::vector<ForecastMonth> &months, const std::vector<int> &horizons) {
        for (const ForecastMonth &month : months) {
            if (std::find(horizons.begin(), horizons.end(), month.horizon) != horizons.end()) {
                months_.emplace(month.month, 0);
                for (const double amount : {month.actual, month.expected, month.committed, month.worst, month.best,
                                            month.naive.value_or(0)}) {
                    low_ = std::min(low_, amount);
                    high_ = std::max(high_, amount);
                }
            }
        }
        int position = 0;
        for (auto &[month, at] : months_) {
            at = position++;
        }
        if (high_ <= low_) {
            high_ = low_ + 1;
        }
        step_ = step_for(high_ - low_);
        low_ = std::floor(low_ / step_) * step_;
        high_ = std::ceil(high_ / step_) * step_;
    }

    [[nodiscard]] double slot() const { return (kWidth - kLeft - kRight) / static_cast<double>(months_.size()); }
    [[nodiscard]] double x(const std::string &month) const { return kLeft + (months_.at(month) + 0.5) * slot(); }
    // Above the foot of a panel.
    [[nodiscard]] double up(double amount) const { return (amount - low_) / (high_ - low_) * kPanel; }

    [[nodiscard]] std::string lines(double foot) const {
        std::string text;
        const int count = static_cast<int>(std::lround((high_ - low_) / step_));
        for (int line = 0; line <= count; ++line) {
            const double amount = low_ + line * step_;
            const double y = foot - up(amount);
            const bool zero = std::abs(amount) < step_ / 2;
            text += fmt::format(R"(<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)"
                                R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)"
                                "\n",
                                zero ? "zero" : "grid", kLeft, kWidth - kRight, y, y, kLeft - 10, y + 4.5,
                                short_amount(zero ? 0 : amount));
        }
        // As many names as have room.
        const int every = std::max(1, static_cast<int>(std::ceil(72 / slot())));
        for (const auto &[month, at] : months_) {
            if (at % every == 0) {
                text += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)"
                                    "\n",
                                    x(month), foot + 20, month_name(month));
            }
        }
        return text;
    }

private:
    std::map<std::string, int> months_;  // in order of time, which is that of their texts
    double low_ = 0;
    double high_ = 0;
    double step_ = 1;
};

[[nodiscard]] std::string level(std::string_view kind, double x, double half, double y) {
    return fmt::format(R"(<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", kind, x - half,
                       x + half, y, y);
}

[[nodiscard]] std::string month_marks(const ForecastMonth &month, const Axes &axes, double foot) {
    const double x = axes.x(month.month);
    const double half = std::min(kWidestBand, axes.slot() * 0.7) / 2;
    const double top = foot - axes.up(month.best);
    // A band without height is still a mark.
    const double height = std::max(1.0, axes.up(month.best) - axes.up(month.worst));
    std::string text = fmt::format("<g><title>{}: invoiced {}, expected {}, worst {}, best {}, committed {}</title>",
                                   month_name(month.month), short_amount(month.actual), short_amount(month.expected),
                                   short_amount(month.worst), short_amount(month.best), short_amount(month.committed));
    text += fmt::format(R"(<rect class="band" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)", x - half, top,
                        2 * half, height);
    if (month.naive) {
        text += level("naive", x, half * 1.25, foot - axes.up(*month.naive));
    }
    text += level("expected", x, half, foot - axes.up(month.expected));
    text += level("committed", x, half, foot - axes.up(month.committed));
    text += fmt::format(R"(<circle class="actual{}" cx="{:.1f}" cy="{:.1f}" r="5"/></g>)"
                        "\n",
                        in_band(month) ? "" : " outside", x, foot - axes.up(month.actual));
    return text;
}

// About as wide as the text is drawn in any of the fonts of the style.
[[nodiscard]] double width_of(std::string_view text) {
    double width = 0;
    for (const char character : text) {
        width += std::string_view("fijlrt -").find(character) != std::string_view::npos ? 4.6
                 : std::string_view("mw").find(character) != std::string_view::npos     ? 11.6
                                                                                        : 7.8;
    }
    return width;
}

[[nodiscard]] std::string legend(double y) {
    std::string text;
    double x = kLeft;
    const auto entry = [&](double width, const std::string &mark, std::string_view name) {
        text += fmt::format(R"({}<text x="{:.1f}" y="{:.1f}">{}</text>)"
                            "\n",
                            mark, x + width + 7, y + 4.5, name);
        x += width + 7 + width_of(name) + 14;
    };
    const auto dot = [&](std::string_view kind) {
        return fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="5"/>)", kind, x + 6, y);
    };
    entry(12, dot("actual"), "invoiced");
    entry(12, dot("actual outside"), "outside the band");
    entry(28, fmt::format(R"(<rect class="band" x="{:.1f}" y="{:.1f}" width="28" height="14"/>)", x, y - 7),
          "worst to best case");
    entry(28, level("expected", x + 14, 14, y), "expected");
    entry(28, level("committed", x + 14, 14, y), "committed");
    entry(28, level("naive", x + 14, 14, y), "12-month mean");
    return text;
}

}  // namespace

std::string backtest_plot(const std::vector<ForecastMonth> &months, std::string_view currency) {
    const std::vector<int> horizons = chosen_horizons(months);
    const Axes axes(months, horizons);
    const double height = kHead + static_cast<double>(horizons.size()) * (kPanelHead + kPanel + kPanelFoot) + 8;
    std::string text = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}" role="img" aria-labelledby="title description">)"
        "\n<title id=\"title\">Forecast against what was invoiced, by month</title>\n"
        "<desc id=\"description\">For each month and horizon the band from worst to best case, the expected and the "
        "committed "
        "value, the mean of the 12 months before, and what was invoiced.</desc>",
        kWidth, height);
    text += kStyle;
    text += fmt::format(R"(<rect class="paper" width="{:.0f}" height="{:.0f}"/>)"
                        "\n",
                        kWidth, height);
    text += fmt::format(R"(<text class="title" x="{:.0f}" y="36">Forecast against what was invoiced{}</text>)"
                        "\n",
                        kLeft, currency.empty() ? "" : fmt::format(", {}", escaped(currency)));
    text += legend(66);
    double head = kHead;
    for (const int horizon : horizons) {
        const double foot = head + kPanelHead + kPanel;
        std::string marks;
        int tested = 0;
        int held = 0;
        for (const ForecastMonth &month : months) {
            if (month.horizon == horizon) {
                marks += month_marks(month, axes, foot);
                ++tested;
                held += in_band(month) ? 1 : 0;
            }
        }
        text += fmt::format(
            R"(<text class="panel" x="{:.0f}" y="{:.1f}">{} <tspan class="note">· horizon {}, invoiced )"
            R"(within the band in {} of {} {}</tspan></text>)"
            "\n",
            kLeft, head + 24, panel_title(horizon), horizon, held, tested, tested == 1 ? "month" : "months");
        text += axes.lines(foot) + marks;
        head = foot + kPanelFoot;
    }
    return text + "</svg>\n";
}

}  // namespace poller::reports
