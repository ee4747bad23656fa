#include "core/cron_schedule.hpp"

#include <charconv>
#include <string>
#include <vector>

#include "core/input_error.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// Leap days are at most eight years apart (1896 and 1904).
constexpr int kDaysToSearch = 8 * 366;

[[noreturn]] void refuse_schedule(std::string_view text) {
    throw InputError(kInvalidParameter, "invalid cron schedule \"" + std::string(text) + "\"",
                     "A schedule has five fields: minute, hour, day of month, month, day of week.");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t end = 0; end != std::string_view::npos;) {
        end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end != std::string_view::npos) text.remove_prefix(end + 1);
    }
    return parts;
}

struct Range {
    unsigned low;
    unsigned high;
};

// One field, as the numbers in it.
class ScheduleField {
public:
    ScheduleField(std::string_view schedule, Range limits) : schedule_(schedule), limits_(limits) {}

    [[nodiscard]] std::vector<unsigned> numbers(std::string_view text) const {
        std::vector<unsigned> found;
        for (const std::string_view item : split(text, ',')) {
            const std::vector<std::string_view> parts = split(item, '/');
            if (parts.size() > 2) refuse_schedule(schedule_);
            const unsigned step = parts.size() == 2 ? number(parts[1]) : 1;
            // As pg_cron: a step needs a range to walk through, and is no wider than the field.
            const bool has_range = parts[0] == "*" || parts[0].find('-') != std::string_view::npos;
            if (step == 0 || step > limits_.high || (parts.size() == 2 && !has_range)) refuse_schedule(schedule_);
            const Range span = range(parts[0]);
            for (unsigned value = span.low; value <= span.high; value += step) found.push_back(value);
        }
        return found;
    }

private:
    [[nodiscard]] unsigned number(std::string_view text) const {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) refuse_schedule(schedule_);
        return value;
    }

    [[nodiscard]] Range range(std::string_view text) const {
        if (text == "*") return limits_;
        const std::vector<std::string_view> ends = split(text, '-');
        if (ends.size() > 2) refuse_schedule(schedule_);
        const Range found{number(ends.front()), number(ends.back())};
        if (found.low < limits_.low || found.high > limits_.high || found.low > found.high) refuse_schedule(schedule_);
        return found;
    }

    std::string_view schedule_;
    Range limits_;
};

}  // namespace

CronSchedule CronSchedule::parse(std::string_view text) {
    std::vector<std::string_view> fields;
    for (const std::string_view field : split(text, ' ')) {
        if (!field.empty()) fields.push_back(field);
    }
    if (fields.size() != 5) refuse_schedule(text);

    CronSchedule schedule;
    for (const unsigned minute : ScheduleField(text, {0, 59}).numbers(fields[0])) schedule.minutes_.set(minute);
    for (const unsigned hour : ScheduleField(text, {0, 23}).numbers(fields[1])) schedule.hours_.set(hour);
    for (const unsigned day : ScheduleField(text, {1, 31}).numbers(fields[2])) schedule.days_.set(day);
    for (const unsigned month : ScheduleField(text, {1, 12}).numbers(fields[3])) schedule.months_.set(month);
    for (const unsigned weekday : ScheduleField(text, {0, 7}).numbers(fields[4])) schedule.weekdays_.set(weekday % 7);
    // As pg_cron: a day field that begins with * counts as unrestricted, even with a step.
    schedule.any_day_ = fields[2].starts_with('*');
    schedule.any_weekday_ = fields[4].starts_with('*');
    return schedule;
}

bool CronSchedule::runs_on(Day day) const {
    const std::chrono::year_month_day date{day};
    if (!months_.test(static_cast<unsigned>(date.month()))) return false;
    const bool day_fits = days_.test(static_cast<unsigned>(date.day()));
    const bool weekday_fits = weekdays_.test(std::chrono::weekday{day}.c_encoding());
    // Where both are restricted, either of them is enough: cron's old rule.
    if (!any_day_ && !any_weekday_) return day_fits || weekday_fits;
    return day_fits && weekday_fits;
}

std::optional<CronSchedule::Minute> CronSchedule::next(Minute moment) const {
    const Minute first = moment + std::chrono::minutes{1};
    Day day = std::chrono::floor<std::chrono::days>(first);
    for (int searched = 0; searched < kDaysToSearch; ++searched, day += std::chrono::days{1}) {
        if (!runs_on(day)) continue;
        for (unsigned minute = 0; minute < 24 * 60; ++minute) {
            const Minute candidate = day + std::chrono::minutes{minute};
            if (candidate >= first && hours_.test(minute / 60) && minutes_.test(minute % 60)) return candidate;
        }
    }
    return std::nullopt;
}

std::optional<CronSchedule::Minute> CronSchedule::previous(Minute moment) const {
    Day day = std::chrono::floor<std::chrono::days>(moment);
    for (int searched = 0; searched < kDaysToSearch; ++searched, day -= std::chrono::days{1}) {
        if (!runs_on(day)) continue;
        for (unsigned minute = 24 * 60; minute-- > 0;) {
            const Minute candidate = day + std::chrono::minutes{minute};
            if (candidate <= moment && hours_.test(minute / 60) && minutes_.test(minute % 60)) return candidate;
        }
    }
    return std::nullopt;
}

}  // namespace pipeline_forecast
