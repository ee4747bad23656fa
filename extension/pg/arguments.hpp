// SQL arguments as the types of the core. A value that the forecast cannot hold is an error, never a wrong number.
#pragma once

#include "pg/prelude.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/fixed_point.hpp"
#include "core/forecast.hpp"

namespace pipeline_forecast::pg {

// The view is valid as long as the argument; detoasts, so no object with a destructor may be alive.
[[nodiscard]] std::string_view text_argument(FunctionCallInfo fcinfo, int index);
// A jsonb value as text; likewise.
[[nodiscard]] std::string_view jsonb_argument(FunctionCallInfo fcinfo, int index);
[[nodiscard]] std::optional<Bucket> bucket_argument(FunctionCallInfo fcinfo, int index);
[[nodiscard]] std::optional<Money> money_argument(FunctionCallInfo fcinfo, int index);
[[nodiscard]] std::optional<Rate> rate_argument(FunctionCallInfo fcinfo, int index);
// A percentage, 0..100, as a rate.
[[nodiscard]] std::optional<Rate> percent_argument(FunctionCallInfo fcinfo, int index);
// An infinite date says nothing of a day and reads as unknown.
[[nodiscard]] std::optional<Day> day_argument(FunctionCallInfo fcinfo, int index);
[[nodiscard]] std::optional<int> integer_argument(FunctionCallInfo fcinfo, int index);
// Lists without NULL; their elements are copies.
[[nodiscard]] std::vector<std::string> text_list_argument(FunctionCallInfo fcinfo, int index);
[[nodiscard]] std::vector<bool> boolean_list_argument(FunctionCallInfo fcinfo, int index);

// Amounts and days of projects as statistics take them: what is no number or no day is unknown, and nothing is out of
// range for the forecast.
[[nodiscard]] std::optional<Money> known_money(Datum numeric);
[[nodiscard]] std::optional<Day> known_day(DateADT date) noexcept;

[[nodiscard]] Day day_from_date(DateADT date) noexcept;
[[nodiscard]] DateADT date_from_day(Day day) noexcept;

[[nodiscard]] Datum money_datum(Money money);
[[nodiscard]] Datum sum_datum(WideCents cents);
[[nodiscard]] Datum rate_datum(Rate rate);
[[nodiscard]] Datum text_datum(std::string_view text);
[[nodiscard]] Datum number_array(const double *numbers, std::size_t count);

}  // namespace pipeline_forecast::pg
