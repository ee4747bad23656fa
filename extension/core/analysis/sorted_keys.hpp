// Sorting of many small facts: each is packed into one number whose order is the wanted one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/calendar.hpp"

namespace pipeline_forecast::analysis {

// Ascending. O(n) for many keys (radix sort, one pass for each byte in which they differ).
void sort_keys(std::vector<std::uint64_t> &keys);

// A day as a part of a key, in 33 bits: 0 for none, then ascending.
inline constexpr int kDayBits = 33;
[[nodiscard]] std::uint64_t day_key(std::optional<Day> day) noexcept;
[[nodiscard]] std::optional<Day> day_of(std::uint64_t key) noexcept;

// Keys that are added and taken away again, in any order.
class KeyBag {
public:
    void add(std::uint64_t key) { added_.push_back(key); }
    void remove(std::uint64_t key) { removed_.push_back(key); }

    // What is left, ascending: each key as often as it was added more often than removed.
    [[nodiscard]] std::vector<std::uint64_t> sorted() &&;

private:
    std::vector<std::uint64_t> added_;
    std::vector<std::uint64_t> removed_;
};

}  // namespace pipeline_forecast::analysis
