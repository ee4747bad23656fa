// Exposure: after a landmark a project is at risk in fine bins of time, until it ends or the origin is reached.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/outlook/bins.hpp"
#include "core/outlook/cause.hpp"
#include "core/outlook/landmarks.hpp"
#include "core/outlook/lives.hpp"

namespace pipeline_forecast::outlook {

struct Exposure {
    std::size_t bin = 0;  // fine
    double days = 0.0;    // at risk
    double middle = 0.0;  // of them, as a moment
    std::optional<Cause> event;
};

[[nodiscard]] inline std::optional<Cause> event_until(const Life &life, double moment) noexcept {
    if (!life.closed() || life.end > moment) return std::nullopt;
    return life.ending == Ending::kWon ? Cause::kWon : Cause::kLost;
}

// Of one project after one moment, bin by bin. Bins whose middle lies before outcomes are known are left out, and so
// is all of a project that ended before.
template <typename Visit>
void for_each_exposure(double after, const Life &life, const Lives &lives, Visit &&visit) {
    if (life.end < lives.known_from) return;
    const double at_risk = std::min(life.end, lives.origin) - after;
    for (std::size_t bin = 0; bin < kFineBins; ++bin) {
        const double begin = kFineEdges[bin];
        const double width = kFineEdges[bin + 1] - begin;
        if (!(at_risk > begin)) return;
        if (after + begin + width / 2.0 < lives.known_from) continue;
        const double days = std::min(at_risk - begin, width);
        visit(Exposure{.bin = bin,
                       .days = days,
                       .middle = after + begin + days / 2.0,
                       .event = event_until(life, after + begin + width)});
    }
}

// The days of a bin that begins before the next landmark of the same project are in no other row.
[[nodiscard]] inline bool is_fresh(std::size_t bin, double step) noexcept { return kFineEdges[bin] < step; }

// What happened so long ago counts for less.
[[nodiscard]] inline double recency(double days_ago, double half_life) noexcept {
    return std::exp2(-days_ago / half_life);
}

// The cells of all landmark rows: those of a row follow one another, bin by bin, from its first bin on.
struct Cells {
    struct Row {
        std::size_t begin = 0;  // of the row's cells
        std::uint8_t first_bin = 0;
    };
    struct Event {
        std::uint32_t row = 0;
        std::uint8_t bin = 0;
        std::uint8_t date_bin = 0;
        Cause cause = Cause::kWon;
        double weight = 0.0;
    };

    std::vector<Row> rows;         // and one more, the end
    std::vector<double> exposure;  // days, weighted by recency
    std::vector<std::uint8_t> date_bin;
    std::vector<Event> events;
    std::size_t fresh_events = 0;

    [[nodiscard]] std::size_t size() const noexcept { return exposure.size(); }
    [[nodiscard]] std::size_t count(std::size_t row) const noexcept { return rows[row + 1].begin - rows[row].begin; }
};

[[nodiscard]] Cells cells_of(const Landmarks &landmarks, const Lives &lives, double half_life);

}  // namespace pipeline_forecast::outlook
