#include "poller/llm/duration.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace poller::llm {
namespace {

using std::chrono::milliseconds;

struct Unit {
    std::string_view name;
    double milliseconds;
};

// Those that begin with another one's name first.
constexpr std::array kUnits{Unit{"ns", 1e-6}, Unit{"us", 1e-3}, Unit{"\u00b5s", 1e-3}, Unit{"ms", 1},
                            Unit{"s", 1e3},   Unit{"m", 6e4},   Unit{"h", 3.6e6}};

constexpr double kLongest = 24 * 3.6e6;

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
    if (text == "0") return milliseconds{0};
    if (text.empty()) return std::nullopt;
    double sum = 0;
    while (!text.empty()) {
        double number = 0;
        const auto [stop, error] =
            std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
        if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
        const auto unit =
            std::ranges::find_if(kUnits, [&](const Unit &candidate) { return text.starts_with(candidate.name); });
        if (unit == kUnits.end()) return std::nullopt;
        text.remove_prefix(unit->name.size());
        sum += number * unit->milliseconds;
    }
    return milliseconds{static_cast<milliseconds::rep>(std::min(sum, kLongest))};
}

}  // namespace poller::llm
