#include "core/import/number_inference.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// As for days: fewer than one in so many are errors of their own.
constexpr std::int64_t kOddNumbersAreRarerThan = 20;

void keep_number(std::string &example, std::string_view text) {
    constexpr std::size_t kLongest = 60;
    if (example.empty() && text.size() <= kLongest) example = text;
}

}  // namespace

bool NumberInference::add(std::string_view text) {
    const auto number = WrittenNumber::parse(text);
    if (!number) return false;
    if (number->currency()) note_currency(*number->currency());
    if (number->is_percent()) ++percent_signs_;

    std::array<bool, kMarks.size()> readable{};
    std::optional<PlainDecimal> value;
    for (std::size_t i = 0; i < kMarks.size(); ++i) {
        // Digits alone are the same number with either mark.
        if (i == 0 || number->has_mark()) value = number->with_mark(kMarks[i]);
        readable[i] = value.has_value();
        if (!value) continue;
        Reading &reading = readings_[i];
        if (reading.thousands_mark.empty()) reading.thousands_mark = number->thousands_mark(kMarks[i]);
        if (number->is_percent()) continue;
        const double magnitude = value->approximate();
        reading.largest = std::max(reading.largest, magnitude);
        if (magnitude > 0 && magnitude < 1) ++reading.within_unit;
        if (magnitude == 1) ++reading.ones;
    }
    if (readable[0] && readable[1]) {
        ++both_;
        if (number->has_mark()) {
            ++differing_;
            keep_number(example_, text);
        }
    } else {
        Reading &reading = readings_[readable[0] ? 0 : 1];
        ++reading.only;
        keep_number(reading.evidence, text);
    }
    return true;
}

void NumberInference::note_currency(const Currency &currency) {
    const auto known = std::ranges::find_if(currencies_, [&](const Currency &one) { return one.same_as(currency); });
    if (known == currencies_.end()) {
        // The name of a currency lives as long as the program.
        if (currencies_.size() < kMostCurrencies) currencies_.push_back(currency);
    } else if (known->name != known->usual_code) {
        *known = currency;
    }
}

NumberFinding NumberInference::result(std::optional<char> stated_mark) const {
    NumberFinding found;
    found.percent_signs = percent_signs_;
    for (const Currency &currency : currencies_) found.currencies.emplace_back(currency.name);

    const std::int64_t point = readings_[0].only;
    const std::int64_t comma = readings_[1].only;
    const std::size_t better = comma > point ? 1 : 0;
    const std::int64_t most = std::max(point, comma);
    const std::int64_t fewest = std::min(point, comma);
    std::size_t chosen = better;
    if (stated_mark) {
        chosen = *stated_mark == kMarks[1] ? 1 : 0;
        found.decimal_mark = kMarks[chosen];
    } else if (fewest > 0 && most < kOddNumbersAreRarerThan * fewest) {
        found.is_mixed = true;
        found.example = readings_[1 - better].evidence;
    } else if (most == 0 && differing_ > 0) {
        found.is_ambiguous = true;
        found.example = example_;
    } else {
        found.decimal_mark = kMarks[chosen];
    }
    const Reading &reading = readings_[chosen];
    found.known = both_ + (found.decimal_mark ? reading.only : point + comma);
    found.evidence = reading.evidence;
    if (found.decimal_mark) found.thousands_mark = reading.thousands_mark;
    if (reading.largest > 1 || (reading.ones == 0 && reading.within_unit == 0)) {
        found.percent_scale = 100;
    } else if (reading.within_unit > 0) {
        found.percent_scale = 1;
    }
    return found;
}

}  // namespace pipeline_forecast
