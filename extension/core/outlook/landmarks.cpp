#include "core/outlook/landmarks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/interrupts.hpp"
#include "core/outlook/observer.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kLongStep = 28.0;
constexpr double kMediumStep = 14.0;
constexpr double kShortStep = 7.0;
// A step fits so many times into the median life.
constexpr double kLongLife = 84.0;
constexpr double kMediumLife = 28.0;

double median(std::vector<double> &values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2.0;
}

// Landmark j lies j steps before the origin; a project is seen open at those from `newest` back to `oldest`.
struct Steps {
    std::int64_t newest = 1;
    std::int64_t oldest = 0;

    [[nodiscard]] std::size_t count() const noexcept {
        return oldest < newest ? 0 : static_cast<std::size_t>(oldest - newest + 1);
    }
};

class Grid {
public:
    Grid(const Lives &lives, double max_back, double step) noexcept
        : origin_(lives.origin), history_start_(lives.history_start), max_back_(max_back), step_(step) {}

    [[nodiscard]] double moment(std::int64_t j) const noexcept { return origin_ - static_cast<double>(j) * step_; }

    [[nodiscard]] Steps of(const Life &life) const noexcept {
        const double begin = std::max({life.created, life.seen_open, history_start_});
        if (life.ending == Ending::kUnknown || !(begin < origin_)) return {};
        Steps steps;
        steps.oldest = static_cast<std::int64_t>(std::min(origin_ - begin, max_back_) / step_);
        while (moment(steps.oldest) < begin || static_cast<double>(steps.oldest) * step_ >= max_back_) --steps.oldest;
        if (life.end <= origin_)
            steps.newest = std::max<std::int64_t>(1, std::llround((origin_ - life.end) / step_) - 1);
        while (moment(steps.newest) >= life.end) ++steps.newest;
        return steps;
    }

private:
    double origin_;
    double history_start_;
    double max_back_;
    double step_;
};

std::size_t rows_of(const Lives &lives, const Grid &grid) {
    std::size_t rows = 0;
    for (const Life &life : lives.of) rows += grid.of(life).count();
    return rows;
}

}  // namespace

double step_for(const Lives &lives) {
    std::vector<double> days;
    for (const Life &life : lives.of) {
        if (lives.ended_known(life)) days.push_back(life.end - life.created);
    }
    if (days.empty()) return kLongStep;
    const double life = median(days);
    return life >= kLongLife ? kLongStep : life >= kMediumLife ? kMediumStep : kShortStep;
}

Landmarks landmarks_every(double step, const History &history, const Lives &lives, const Settings &settings) {
    Landmarks landmarks{.step = step};
    std::size_t rows = rows_of(lives, Grid(lives, settings.max_back, landmarks.step));
    while (rows > settings.row_limit) {
        check_interrupts();
        landmarks.step *= 2.0;
        rows = rows_of(lives, Grid(lives, settings.max_back, landmarks.step));
    }

    landmarks.rows.reserve(rows);
    const Grid grid(lives, settings.max_back, landmarks.step);
    for (std::uint32_t project = 0; project < lives.of.size(); ++project) {
        check_interrupts(project);
        const Life &life = lives.of[project];
        const Steps steps = grid.of(life);
        if (steps.count() == 0) continue;
        Observer observer(history, project, life.created);
        for (std::int64_t j = steps.oldest; j >= steps.newest; --j) {
            landmarks.rows.push_back({grid.moment(j), observer.look(grid.moment(j))});
        }
    }
    return landmarks;
}

}  // namespace pipeline_forecast::outlook
