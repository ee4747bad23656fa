#include "core/analysis/sorted_keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

// Below, comparing is faster than counting.
constexpr std::size_t kFewKeys = 512;
constexpr std::size_t kBytes = sizeof(std::uint64_t);
// The earliest day becomes 1.
constexpr std::int64_t kDayShift = (std::int64_t{1} << 31) + 1;

using Counts = std::array<std::size_t, 256>;

std::size_t byte_of(std::uint64_t key, std::size_t byte) noexcept { return (key >> (8 * byte)) & 0xFF; }

std::array<Counts, kBytes> count_bytes(const std::vector<std::uint64_t> &keys) noexcept {
    std::array<Counts, kBytes> counts{};
    for (const std::uint64_t key : keys) {
        for (std::size_t byte = 0; byte < kBytes; ++byte) ++counts[byte][byte_of(key, byte)];
    }
    return counts;
}

}  // namespace

void sort_keys(std::vector<std::uint64_t> &keys) {
    if (keys.size() < kFewKeys) {
        std::sort(keys.begin(), keys.end());
        return;
    }
    const std::array<Counts, kBytes> counts = count_bytes(keys);
    std::vector<std::uint64_t> other(keys.size());
    for (std::size_t byte = 0; byte < kBytes; ++byte) {
        if (counts[byte][byte_of(keys.front(), byte)] == keys.size()) continue;
        Counts next{};
        std::size_t begin = 0;
        for (std::size_t digit = 0; digit < next.size(); ++digit) {
            next[digit] = begin;
            begin += counts[byte][digit];
        }
        for (const std::uint64_t key : keys) other[next[byte_of(key, byte)]++] = key;
        keys.swap(other);
    }
}

std::uint64_t day_key(std::optional<Day> day) noexcept {
    return day ? static_cast<std::uint64_t>(day->time_since_epoch().count() + kDayShift) : 0;
}

std::optional<Day> day_of(std::uint64_t key) noexcept {
    if (key == 0) return std::nullopt;
    return Day{std::chrono::days{static_cast<int>(static_cast<std::int64_t>(key) - kDayShift)}};
}

std::vector<std::uint64_t> KeyBag::sorted() && {
    sort_keys(added_);
    if (removed_.empty()) return std::move(added_);
    sort_keys(removed_);
    std::vector<std::uint64_t> left;
    left.reserve(added_.size());
    std::set_difference(added_.begin(), added_.end(), removed_.begin(), removed_.end(), std::back_inserter(left));
    return left;
}

}  // namespace pipeline_forecast::analysis
