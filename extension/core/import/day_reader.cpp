#include "core/import/day_reader.hpp"

#include <algorithm>
#include <array>

#include "core/input_error.hpp"
#include "core/import/letters.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

constexpr std::array<std::string_view, kDayOrders> kOrderNames{"YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "YYYYMMDD",
                                                               "excel",      "unix",       "unix_ms"};

struct FormatToken {
    std::string_view name;
    char part;
};
// A longer one stands before those that it begins with.
constexpr std::array kTokens{FormatToken{"YYYY", 'Y'}, FormatToken{"YY", 'Y'}, FormatToken{"MONTH", 'M'},
                             FormatToken{"MON", 'M'},  FormatToken{"MM", 'M'}, FormatToken{"M", 'M'},
                             FormatToken{"DD", 'D'},   FormatToken{"D", 'D'}};

[[noreturn]] void refuse_format(std::string_view format) {
    throw InputError(kInvalidParameter, "invalid date format \"" + std::string(format) + "\"",
                     "A date format has year, month and day once each, for example DD/MM/YYYY, MM/DD/YY or D MON YYYY; "
                     "or it is YYYYMMDD, excel, unix or unix_ms.");
}

}  // namespace

std::string_view to_string(DayOrder order) noexcept { return kOrderNames[static_cast<std::size_t>(order)]; }

DayReader DayReader::parse(std::string_view format) {
    const auto known = std::ranges::find(kOrderNames, format);
    if (known != kOrderNames.end()) return DayReader(static_cast<DayOrder>(known - kOrderNames.begin()));

    std::string parts;
    bool touches = false;
    bool follows_part = false;
    for (std::string_view rest = format; !rest.empty();) {
        const auto token =
            std::ranges::find_if(kTokens, [&](const FormatToken &one) { return rest.starts_with(one.name); });
        if (token != kTokens.end()) {
            touches = touches || follows_part;
            follows_part = true;
            parts += token->part;
            rest.remove_prefix(token->name.size());
            continue;
        }
        if (is_ascii_letter(rest.front()) || is_ascii_digit(rest.front())) refuse_format(format);
        follows_part = false;
        rest.remove_prefix(1);
    }
    constexpr std::array<std::string_view, 3> kOrdersOfParts{"YMD", "DMY", "MDY"};
    const auto order = std::ranges::find(kOrdersOfParts, parts);
    if (order == kOrdersOfParts.end() && !touches) refuse_format(format);
    if (touches) require_day_format(format);
    DayReader reader(touches ? DayOrder::kCompact : static_cast<DayOrder>(order - kOrdersOfParts.begin()));
    reader.is_literal_ = touches;
    reader.name_ = format;
    return reader;
}

Decoded<Day> DayReader::read(std::string_view text) const {
    if (is_literal_) return decode_day(text, name_);
    const auto written = WrittenDay::parse(text);
    if (written) {
        if (const auto day = written->in_order(order_)) return Decoded<Day>::of(*day);
    }
    // A day that would have been one in this order, were it in the calendar, is told apart from another format.
    const bool fits_other = written && std::ranges::any_of(kOrderNames, [&](const std::string_view &name) {
                                return written->in_order(static_cast<DayOrder>(&name - kOrderNames.data())).has_value();
                            });
    if (written && !fits_other) return Decoded<Day>::refused("no such day in the calendar, or one before 1900");
    return Decoded<Day>::refused("not a day in the format " + name_);
}

}  // namespace pipeline_forecast
