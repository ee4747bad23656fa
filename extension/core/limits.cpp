#include "core/limits.hpp"

#include "core/calendar.hpp"
#include "core/number_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {

const std::string &day_problem() {
    static const std::string problem = "is not a day between " + to_iso(kFirstDay) + " and " + to_iso(kLastDay);
    return problem;
}

const std::string &money_problem() {
    static const std::string problem = "is not below " + grouped_text(kMoneyLimit);
    return problem;
}

const std::string &percent_problem() {
    static const std::string problem = "is not between 0 and " + std::to_string(kHighestPercent);
    return problem;
}

const std::string &gestation_problem() {
    static const std::string problem = "is not between 0 and " + std::to_string(kLongestGestationDays) + " days";
    return problem;
}

const std::string &number_problem() {
    static const std::string problem = "is not below " + grouped_text(kNumberLimit);
    return problem;
}

}  // namespace pipeline_forecast
