#include "core/outlook/settings.hpp"

#include <string>

#include "core/input_error.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kLargest = 1e6;
constexpr int kMostRounds = 10;
constexpr std::size_t kMostRows = 3'000'000;

void require_setting(bool in_range, const char *name, const char *range) {
    if (in_range) return;
    throw InputError(kInvalidParameter, std::string("setting ") + name + " of the outlook is out of range",
                     std::string("It must be ") + range + ".");
}

void require_positive(double value, const char *name) {
    require_setting(value >= 1e-6 && value <= kLargest, name, "between 0.000001 and 1000000");
}

}  // namespace

const Settings &checked(const Settings &settings) {
    require_positive(settings.kappa, "kappa");
    require_positive(settings.half_life, "half_life");
    require_setting(settings.prior_win > 0.0 && settings.prior_win < 1.0, "prior_win", "above 0 and below 1");
    require_positive(settings.prior_days, "prior_days");
    require_positive(settings.level_half_life, "level_half_life");
    require_positive(settings.level_kappa, "level_kappa");
    require_positive(settings.level_fading, "level_fading");
    require_positive(settings.shock_prior, "shock_prior");
    require_positive(settings.shock_prior_blocks, "shock_prior_blocks");
    require_positive(settings.ratio_kappa, "ratio_kappa");
    require_positive(settings.max_back, "max_back");
    require_setting(settings.rounds >= 1 && settings.rounds <= kMostRounds, "rounds", "between 1 and 10");
    require_setting(settings.min_cycles >= 2 && settings.min_cycles <= kMostRounds, "min_cycles", "between 2 and 10");
    require_positive(settings.season_tau0, "season_tau0");
    require_positive(settings.season_nu0, "season_nu0");
    require_positive(settings.track_months, "track_months");
    require_positive(settings.track_group_months, "track_group_months");
    require_positive(settings.arrival_half_life, "arrival_half_life");
    require_positive(settings.new_value_half_life, "new_value_half_life");
    require_positive(settings.blend_ridge, "blend_ridge");
    require_setting(settings.blend_decay > 0.0 && settings.blend_decay <= 1.0, "blend_decay", "above 0 and at most 1");
    require_setting(settings.row_limit >= 1 && settings.row_limit <= kMostRows, "row_limit", "between 1 and 3000000");
    return settings;
}

}  // namespace pipeline_forecast::outlook
