#include "core/import/field_reader.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/fixed_point.hpp"
#include "core/import/letters.hpp"
#include "core/input_error.hpp"
#include "core/limits.hpp"
#include "core/number_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using nlohmann::json;

constexpr std::string_view kFormatHint =
    "It is an object with any of \"decimal_mark\" (\".\" or \",\"), \"thousands_mark\", \"percent_scale\" (1 or 100), "
    "\"currency\" and \"rates\" ({\"EUR\": 1, \"USD\": 0.92}).";

[[noreturn]] void refuse_number_format(const std::string &message) {
    throw InputError(kInvalidParameter, "invalid number format: " + message, kFormatHint);
}

std::string text_of(const json &value, const std::string &name) {
    if (!value.is_string()) refuse_number_format(name + " must be a text");
    return value.get<std::string>();
}

std::int64_t rate_e8(const json &value, const std::string &currency) {
    constexpr int kRateDecimals = 8;
    // As a number is printed it is exact again.
    const std::string text = value.is_string() ? value.get<std::string>() : value.is_number() ? value.dump() : "";
    const auto written = WrittenNumber::parse(text);
    const auto number = written ? written->with_mark('.') : std::nullopt;
    const auto rate = number ? number->scaled(kRateDecimals) : std::nullopt;
    if (!rate || *rate <= 0) refuse_number_format("the rate of " + currency + " must be a number above 0");
    return *rate;
}

Decoded<std::string> refused(std::string reason) { return Decoded<std::string>::refused(std::move(reason)); }

Decoded<std::string> read_state(std::string_view text) {
    constexpr std::array<std::string_view, 3> kStates{"active", "archived", "deleted"};
    std::string state = folded(stripped(text));
    if (std::ranges::find(kStates, state) == kStates.end()) return refused("not one of active, archived, deleted");
    return Decoded<std::string>::of(std::move(state));
}

// An id that a spreadsheet has shortened to 1.23E+11 is not the id any more: several become one.
bool is_shortened_id(std::string_view text) noexcept {
    const std::size_t e = text.find_first_of("eE");
    if (e == std::string_view::npos || e == 0 || e + 2 >= text.size() || text[e + 1] != '+') return false;
    return text.find_first_not_of("0123456789.,") == e &&
           text.find_first_not_of("0123456789", e + 2) == std::string_view::npos;
}

// What a spreadsheet shows where a formula failed, whatever its language: #REF!, #DIV/0!, #NAME?, #N/A, #WERT!
bool is_formula_error(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 3> kNotAvailable{"#N/A", "#NV", "#N/D"};
    if (text.size() < 3 || text.front() != '#') return false;
    const std::string_view word = text.substr(1, text.size() - 2);
    const bool is_word = std::ranges::all_of(
        word, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_'; });
    return std::ranges::find(kNotAvailable, text) != kNotAvailable.end() ||
           (is_word && (text.back() == '!' || text.back() == '?'));
}

}  // namespace

NumberFormat parse_number_format(std::string_view format) {
    NumberFormat parsed;
    if (format.empty()) return parsed;
    const json document = json::parse(format, nullptr, false);
    if (!document.is_object()) refuse_number_format("it is no JSON object");
    for (const auto &[name, value] : document.items()) {
        if (name == "decimal_mark") {
            const std::string mark = text_of(value, name);
            if (mark != "." && mark != ",") refuse_number_format("\"decimal_mark\" must be \".\" or \",\"");
            parsed.decimal_mark = mark.front();
        } else if (name == "thousands_mark") {
            parsed.thousands_mark = text_of(value, name);
        } else if (name == "percent_scale") {
            if (value != 1 && value != 100) refuse_number_format("\"percent_scale\" must be 1 or 100");
            parsed.percent_scale = value.get<int>();
        } else if (name == "currency") {
            parsed.currency = text_of(value, name);
            if (!currency_named(parsed.currency)) {
                refuse_number_format("\"currency\" must be a code such as EUR, and not \"" + parsed.currency + '"');
            }
        } else if (name == "rates") {
            if (!value.is_object() || value.empty()) refuse_number_format("\"rates\" must be an object of currencies");
            for (const auto &[currency, rate] : value.items()) {
                if (!currency_named(currency)) {
                    refuse_number_format("\"rates\" names \"" + currency + "\", which is no currency");
                }
                parsed.rates_e8[currency] = rate_e8(rate, currency);
            }
        } else {
            refuse_number_format("unknown key \"" + name + '"');
        }
    }
    if (parsed.thousands_mark == std::string(1, parsed.decimal_mark)) {
        if (document.contains("decimal_mark")) refuse_number_format("both marks are the same");
        parsed.decimal_mark = parsed.thousands_mark == "." ? ',' : '.';
    }
    return parsed;
}

FieldReader FieldReader::parse(FieldKind kind, std::string_view format) {
    const bool is_day = kind == FieldKind::kDay;
    return {kind, is_day ? DayReader::parse(format.empty() ? kIsoFormat : format) : DayReader(DayOrder::kYearFirst),
            NumberReader(is_day ? NumberFormat{} : parse_number_format(format))};
}

Decoded<std::string> FieldReader::read(std::string_view text) const {
    if (is_formula_error(text)) return refused("a formula of the spreadsheet has failed");
    switch (kind_) {
        case FieldKind::kDay: {
            const Decoded<Day> day = days_.read(text);
            if (!day.value) return refused(day.reason);
            return Decoded<std::string>::of(to_iso(*day.value));
        }
        case FieldKind::kMoney: {
            const Decoded<std::int64_t> cents = numbers_.read_cents(text);
            if (!cents.value) return refused(cents.reason);
            if (*cents.value >= kMoneyLimitCents || *cents.value <= -kMoneyLimitCents) {
                return refused("amount " + money_problem());
            }
            return Decoded<std::string>::of(decimal_text(*cents.value, kMoneyScale));
        }
        case FieldKind::kPercent: {
            const Decoded<std::int64_t> percent = numbers_.read_percent_e3(text);
            if (!percent.value) return refused(percent.reason);
            if (*percent.value < 0 || *percent.value > kHighestPercent * kRateOne.e5 / 100) {
                return refused("percentage " + percent_problem());
            }
            return Decoded<std::string>::of(decimal_text(*percent.value, kPercentScale));
        }
        case FieldKind::kGestation: {
            constexpr int kThousandths = 3;
            const Decoded<PlainDecimal> number = numbers_.read(text);
            if (!number.value) return refused(number.reason);
            const auto days = number.value->scaled(0);
            const auto exact = number.value->scaled(kThousandths);
            if (!days || *days < 0 || *days > kLongestGestationDays) return refused("duration " + gestation_problem());
            if (exact != *days * 1000) return refused("not a whole number of days");
            return Decoded<std::string>::of(std::to_string(*days));
        }
        case FieldKind::kNumber: {
            const Decoded<PlainDecimal> number = numbers_.read(text);
            if (!number.value) return refused(number.reason);
            const auto whole = number.value->scaled(0);
            if (!whole || *whole >= kNumberLimit || *whole <= -kNumberLimit)
                return refused("number " + number_problem());
            return Decoded<std::string>::of(number.value->text());
        }
        case FieldKind::kKey:
            if (text.size() > kLongestKeyBytes) {
                return refused("text is longer than " + std::to_string(kLongestKeyBytes) + " bytes");
            }
            if (is_shortened_id(text)) {
                return refused("an id that a spreadsheet has shortened; export it as text");
            }
            break;
        case FieldKind::kState: return read_state(text);
        case FieldKind::kText: break;
    }
    return Decoded<std::string>::of(std::string(text));
}

}  // namespace pipeline_forecast
