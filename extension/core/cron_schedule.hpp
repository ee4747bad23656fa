// A five-field cron schedule (minute hour day-of-month month day-of-week), read to tell when a job ran last and runs
// next. Times are whole minutes since 1970-01-01 00:00 UTC.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/calendar.hpp"

namespace pipeline_forecast {

class CronSchedule {
public:
    using Minute = std::chrono::time_point<std::chrono::system_clock, std::chrono::minutes>;

    // Numbers, lists, ranges, steps and *; day-of-week 0 and 7 are Sunday. Throws InputError (22023) otherwise.
    [[nodiscard]] static CronSchedule parse(std::string_view text);

    // The first run after `moment`, and the last one at or before it. Empty where the schedule names a day that
    // does not come within eight years (30 February).
    [[nodiscard]] std::optional<Minute> next(Minute moment) const;
    [[nodiscard]] std::optional<Minute> previous(Minute moment) const;

private:
    [[nodiscard]] bool runs_on(Day day) const;

    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<7> weekdays_;
    bool any_day_ = false;
    bool any_weekday_ = false;
};

}  // namespace pipeline_forecast
