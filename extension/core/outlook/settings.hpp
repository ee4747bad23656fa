// What can be set of the outlook. The defaults were measured; the names are those of the table of settings.
#pragma once

#include <cstddef>

namespace pipeline_forecast::outlook {

struct Settings {
    double kappa = 5.0;               // events that a factor must outweigh
    double half_life = 730.0;         // days; how fast the past loses weight
    double prior_win = 0.3;           // share of wins where nothing is known ...
    double prior_days = 120.0;        // ... and how long a project then takes
    double level_half_life = 56.0;    // days
    double level_kappa = 20.0;        // events
    double level_fading = 112.0;      // days after which half of the recent level is left
    double shock_prior = 0.2;         // standard deviation of what moves a whole month
    double shock_prior_blocks = 4.0;  // and how many blocks of 28 days it weighs
    double ratio_kappa = 10.0;        // deals
    double max_back = 1095.0;         // days
    int rounds = 2;
    int min_cycles = 2;  // times that a position of the calendar must have been lived through
    double season_tau0 = 0.04;
    double season_nu0 = 2.0;
    double track_months = 12.0;        // months that the prior of the shock weighs
    double track_group_months = 8.0;   // months that the shock of all horizons weighs in one group of them
    double arrival_half_life = 120.0;  // days
    double new_value_half_life = 730.0;
    double blend_ridge = 0.06;
    double blend_decay = 0.96;        // a month
    bool blend = true;                // off: the model alone
    std::size_t row_limit = 300'000;  // landmark rows
};

// Throws InputError (22023) where a setting is out of range.
[[nodiscard]] const Settings &checked(const Settings &settings);

}  // namespace pipeline_forecast::outlook
