#include "core/outlook/level.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/outlook/fresh_cells.hpp"
#include "core/outlook/horizon.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kBlockDays = 28.0;
constexpr double kLeastBlockExpected = 1.0;
// What few wins leave open about the rate itself.
constexpr double kRateWins = 5.0;

struct BlockCount {
    double observed = 0.0;
    double expected = 0.0;
};

}  // namespace

LevelFit fit_level(const Model &model, const Landmarks &landmarks, const Lives &lives, const Settings &settings) {
    ByCause<double> observed{};
    ByCause<double> expected{};
    std::map<int, BlockCount> blocks;  // of wins, by how many of them lie between it and the origin
    double wins = 0.0;
    double first_middle = std::numeric_limits<double>::infinity();
    for_each_fresh(model, landmarks, lives, [&](const Exposure &cell, const ByCause<double> &events) {
        const int month = month_of(cell.middle);
        const double days_ago = lives.origin - cell.middle;
        const double weight = recency(days_ago, settings.level_half_life);
        for (const Cause cause : kCauses) {
            expected[cause] += weight * events[cause] * std::exp(model.calendar.log_factor(month, cause));
        }
        BlockCount &block = blocks[static_cast<int>(std::floor(days_ago / kBlockDays))];
        block.expected += events.won * std::exp(model.calendar.log_factor(month, Cause::kWon));
        first_middle = std::min(first_middle, cell.middle);
        if (!cell.event) return;
        observed[*cell.event] += weight;
        if (*cell.event == Cause::kWon) {
            block.observed += 1.0;
            wins += 1.0;
        }
    });

    LevelFit fit;
    for (const Cause cause : kCauses) {
        fit.level[cause] = (observed[cause] + settings.level_kappa) / (expected[cause] + settings.level_kappa);
    }
    const double complete_from = std::max(lives.known_from, first_middle);
    double count = 0.0;
    double beyond_chance = 0.0;
    for (const auto &[block, sums] : blocks) {
        const double block_expected = sums.expected * fit.level.won;
        if (lives.origin - kBlockDays * (block + 1) < complete_from || block_expected < kLeastBlockExpected) continue;
        const double log_ratio = std::log((sums.observed + 0.5) / (block_expected + 0.5));
        beyond_chance += log_ratio * log_ratio - 1.0 / (block_expected + 0.5);
        count += 1.0;
    }
    const double prior = settings.shock_prior_blocks * settings.shock_prior * settings.shock_prior;
    fit.shock_prior =
        (prior + std::max(0.0, beyond_chance)) / (settings.shock_prior_blocks + count) + 1.0 / (kRateWins + wins);
    return fit;
}

}  // namespace pipeline_forecast::outlook
