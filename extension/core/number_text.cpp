#include "core/number_text.hpp"

#include <array>
#include <charconv>
#include <cstddef>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {

std::string decimal_text(std::int64_t scaled, int scale) {
    const bool negative = scaled < 0;
    std::string digits = std::to_string(negative ? -scaled : scaled);
    const auto places = static_cast<std::size_t>(scale);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, 1, '.');
    if (negative) digits.insert(0, 1, '-');
    return digits;
}

std::string fixed_text(double number, int decimals) {
    // The largest double has 309 digits before the point.
    std::array<char, 340> buffer{};
    const auto printed =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed, decimals);
    return {buffer.data(), printed.ptr};
}

std::string exact_text(double number, int least_decimals) {
    std::array<char, 340> buffer{};
    const auto printed = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
    std::string text(buffer.data(), printed.ptr);
    if (least_decimals == 0) return text;
    if (text.find('.') == std::string::npos) text += '.';
    const std::size_t wanted = text.find('.') + 1 + static_cast<std::size_t>(least_decimals);
    if (text.size() < wanted) text.append(wanted - text.size(), '0');
    return text;
}

std::string exact_text(Rate rate) {
    return exact_text(static_cast<double>(rate.e5) / static_cast<double>(kRateOne.e5), 2);
}

std::string grouped_text(std::int64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t place = text.size(); place > 3;) text.insert(place -= 3, 1, ',');
    return text;
}

}  // namespace pipeline_forecast
