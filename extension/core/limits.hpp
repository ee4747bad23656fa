// What the fields of a project may hold. Each limit stands once, and what refuses a value is printed from it.
// The days are those of core/calendar.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pipeline_forecast {

// Amounts of the forecast stay below, the width of numeric(16,2).
inline constexpr std::int64_t kMoneyLimit = 100'000'000'000'000;
// Rates of SQL arguments stay below; the forecast itself clamps them to [0, 1].
inline constexpr std::int64_t kRateLimit = 10'000;
inline constexpr std::int64_t kHighestPercent = 100;
inline constexpr std::int64_t kLongestGestationDays = 500'000;
// Other numbers of boards and files stay below.
inline constexpr std::int64_t kNumberLimit = 1'000'000'000'000'000;
// Of a text that indexes hold.
inline constexpr std::size_t kLongestKeyBytes = 1000;
// Of the id of an item or a column of a board, which an index holds; those of monday.com have a dozen digits.
inline constexpr std::size_t kLongestIdBytes = 100;
// That an import mapping adds to a day.
inline constexpr int kMostDaysAdded = 100'000;

// What is wrong with a value, to be put behind its name: "is not below 100,000,000,000,000". They last as long as the
// program.
[[nodiscard]] const std::string &day_problem();
[[nodiscard]] const std::string &money_problem();
[[nodiscard]] const std::string &percent_problem();
[[nodiscard]] const std::string &gestation_problem();
[[nodiscard]] const std::string &number_problem();

}  // namespace pipeline_forecast
