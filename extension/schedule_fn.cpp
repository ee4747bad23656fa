// SQL shells of the cron schedule: when a job was due last and is due next.
#include "pg/guard.hpp"

#include "core/cron_schedule.hpp"
#include "core/input_error.hpp"
#include "pg/arguments.hpp"

namespace {

using namespace pipeline_forecast;
using Minute = CronSchedule::Minute;

constexpr std::int64_t kMicrosecondsPerMinute = 60'000'000;
constexpr std::int64_t kPostgresEpochMinutes = 30LL * 365 * 24 * 60 + 7 * 24 * 60;  // 1970 to 2000

Minute minute_argument(FunctionCallInfo fcinfo, int index) {
    const TimestampTz moment = PG_GETARG_TIMESTAMPTZ(index);
    if (TIMESTAMP_NOT_FINITE(moment)) {
        throw InputError("22008", "moment must be finite", "Name a real moment, such as now().");
    }
    const std::int64_t minutes = moment >= 0 ? moment / kMicrosecondsPerMinute
                                             : -((-moment + kMicrosecondsPerMinute - 1) / kMicrosecondsPerMinute);
    return Minute{std::chrono::minutes{minutes + kPostgresEpochMinutes}};
}

Datum minute_datum(Minute minute) {
    return TimestampTzGetDatum((minute.time_since_epoch().count() - kPostgresEpochMinutes) * kMicrosecondsPerMinute);
}

std::optional<Minute> due(FunctionCallInfo fcinfo, bool is_next) {
    const CronSchedule schedule = CronSchedule::parse(pg::text_argument(fcinfo, 0));
    const Minute moment = minute_argument(fcinfo, 1);
    return is_next ? schedule.next(moment) : schedule.previous(moment);
}

}  // namespace

PIPELINE_FUNCTION(pipeline_cron_next) {
    const auto minute = due(fcinfo, true);
    if (!minute) PG_RETURN_NULL();
    return minute_datum(*minute);
}

PIPELINE_FUNCTION(pipeline_cron_previous) {
    const auto minute = due(fcinfo, false);
    if (!minute) PG_RETURN_NULL();
    return minute_datum(*minute);
}
