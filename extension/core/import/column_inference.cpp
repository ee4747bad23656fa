#include "core/import/column_inference.hpp"

#include <algorithm>
#include <cmath>

#include "core/import/letters.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

constexpr std::size_t kMostSamples = 5;
constexpr std::size_t kLongestSample = 60;
constexpr std::size_t kMostNames = 20;
constexpr std::size_t kKeptHashes = 512;

void keep_sample(std::vector<std::string> &samples, std::string_view text) {
    if (samples.size() == kMostSamples) return;
    std::string_view shown = text.substr(0, kLongestSample);
    // A character is not cut in two.
    while (shown.size() < text.size() && !shown.empty() && (text[shown.size()] & 0xC0) == 0x80) shown.remove_suffix(1);
    if (std::ranges::find(samples, shown) == samples.end()) samples.emplace_back(shown);
}

// FNV-1a, with its bits mixed once more: the smallest of many have to be evenly spread.
std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 1'099'511'628'211U;
    hash ^= hash >> 33;
    hash *= 0xFF51AFD7ED558CCDU;
    return hash ^ (hash >> 33);
}

bool is_most(std::int64_t part, std::int64_t whole) noexcept { return part * 2 > whole; }

}  // namespace

void ColumnInference::add(std::string_view text) {
    const std::string_view value = stripped(text);
    if (value.empty()) {
        ++blanks_;
        return;
    }
    ++values_;
    keep_sample(samples_, value);
    note_distinct(value);
    // Nothing without a digit is a day or a number, and most columns of a wide file hold words.
    const bool has_digit = std::ranges::any_of(value, is_ascii_digit);
    if (!has_digit || !days_.add(value)) keep_sample(no_days_, value);
    if (!has_digit || !numbers_.add(value)) keep_sample(no_numbers_, value);
    if (has_digit) return;
    const auto currency = currency_named(value);
    if (!currency) return;
    ++currencies_;
    const bool known = std::ranges::find(currency_names_, currency->name) != currency_names_.end();
    if (!known && currency_names_.size() < kMostNames) currency_names_.emplace_back(currency->name);
}

void ColumnInference::note_distinct(std::string_view text) {
    const std::uint64_t hash = hash_of(text);
    if (hashes_.size() == kKeptHashes && hash >= hashes_.back()) return;
    const auto place = std::ranges::lower_bound(hashes_, hash);
    if (place != hashes_.end() && *place == hash) return;
    if (hashes_.size() == kKeptHashes) {
        // The place stays right: what goes is behind it.
        const auto index = place - hashes_.begin();
        hashes_.pop_back();
        hashes_.insert(hashes_.begin() + index, hash);
    } else {
        hashes_.insert(place, hash);
    }
}

std::int64_t ColumnInference::distinct() const {
    if (hashes_.size() < kKeptHashes) return static_cast<std::int64_t>(hashes_.size());
    const double share = static_cast<double>(hashes_.back()) / std::ldexp(1.0, 64);
    return std::min(values_, static_cast<std::int64_t>(std::llround(static_cast<double>(kKeptHashes - 1) / share)));
}

ColumnFinding ColumnInference::result(std::optional<char> mark_of_file) const {
    ColumnFinding found{.kind = "text",
                        .value_count = values_,
                        .blank_count = blanks_,
                        .distinct_count = distinct(),
                        .currency_count = currencies_,
                        .currency_names = currency_names_,
                        .samples = samples_,
                        .no_days = no_days_,
                        .no_numbers = no_numbers_,
                        .day = days_.result(),
                        .number = numbers_.result()};
    if (found.number.is_ambiguous && mark_of_file) found.number = numbers_.result(mark_of_file);
    // Numbers alone may be days as well (46102), and their own column does not tell.
    const bool is_serial = found.day.order && *found.day.order > DayOrder::kCompact;
    if (values_ == 0) {
        found.kind = "blank";
    } else if (is_most(currencies_, values_)) {
        found.kind = "currency";
    } else if (is_most(found.day.known, values_) && !is_serial) {
        found.kind = "day";
    } else if (is_most(found.number.percent_signs, values_)) {
        found.kind = "percent";
    } else if (is_most(found.number.known, values_)) {
        found.kind = "number";
    }
    return found;
}

}  // namespace pipeline_forecast
