#include "core/import/number_reader.hpp"

#include <algorithm>

#include "core/fixed_point.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

constexpr std::int64_t kOneE8 = 100'000'000;
constexpr std::string_view kNotANumber = "not a number";

// The product of two numbers of 64 bits has room in 128.
std::int64_t converted(std::int64_t cents, std::int64_t rate_e8) noexcept {
    const __int128 quotient = divide_rounded(static_cast<__int128>(cents) * rate_e8, kOneE8);
    constexpr __int128 kMost = INT64_MAX;
    return static_cast<std::int64_t>(std::clamp(quotient, -kMost, kMost));
}

}  // namespace

Decoded<NumberReader::Amount> NumberReader::read_amount(std::string_view text) const {
    const auto refused = [](std::string reason) { return Decoded<Amount>::refused(std::move(reason)); };
    const auto written = WrittenNumber::parse(text);
    if (!written) return refused(std::string(kNotANumber));
    const auto number = written->with_mark(format_.decimal_mark);
    const std::string_view grouped = written->thousands_mark(format_.decimal_mark);
    if (!number || (!format_.thousands_mark.empty() && !grouped.empty() && grouped != format_.thousands_mark)) {
        return refused(std::string("not a number with the decimal mark \"") + format_.decimal_mark + '"');
    }
    return Decoded<Amount>::of({*number, written->currency(), written->is_percent()});
}

Decoded<PlainDecimal> NumberReader::read(std::string_view text) const {
    Decoded<Amount> amount = read_amount(text);
    if (!amount.value) return Decoded<PlainDecimal>::refused(std::move(amount.reason));
    if (amount.value->is_percent) return Decoded<PlainDecimal>::refused(std::string(kNotANumber));
    return Decoded<PlainDecimal>::of(amount.value->number);
}

Decoded<std::int64_t> NumberReader::read_cents(std::string_view text) const {
    const auto refused = [](std::string reason) { return Decoded<std::int64_t>::refused(std::move(reason)); };
    const Decoded<Amount> amount = read_amount(text);
    if (!amount.value) return refused(amount.reason);
    if (amount.value->is_percent) return refused("not an amount");
    const std::optional<Currency> &currency = amount.value->currency;
    const auto cents = amount.value->number.scaled(kMoneyScale);
    if (!cents) return Decoded<std::int64_t>::of(INT64_MAX);
    if (!format_.rates_e8.empty()) {
        const std::string_view name = currency ? currency->name : std::string_view(format_.currency);
        if (name.empty()) return refused("no currency stands beside it");
        auto rate = format_.rates_e8.find(name);
        if (rate == format_.rates_e8.end() && currency) rate = format_.rates_e8.find(currency->usual_code);
        if (rate == format_.rates_e8.end()) return refused("no rate for the currency " + std::string(name));
        return Decoded<std::int64_t>::of(converted(*cents, rate->second));
    }
    if (currency && !format_.currency.empty() && currency->name != format_.currency &&
        currency->usual_code != format_.currency) {
        return refused("an amount in " + std::string(currency->name) + ", not in " + format_.currency);
    }
    return Decoded<std::int64_t>::of(*cents);
}

Decoded<std::int64_t> NumberReader::read_percent_e3(std::string_view text) const {
    const Decoded<Amount> amount = read_amount(text);
    if (!amount.value) return Decoded<std::int64_t>::refused(amount.reason);
    constexpr int kHundred = 2;
    const bool is_share = format_.percent_scale == 1 && !amount.value->is_percent;
    const auto percent = amount.value->number.scaled(is_share ? kPercentScale + kHundred : kPercentScale);
    return Decoded<std::int64_t>::of(percent.value_or(INT64_MAX));
}

}  // namespace pipeline_forecast
