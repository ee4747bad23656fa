// The one order in which all days of a column are written, found in all its values.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/written_day.hpp"

namespace pipeline_forecast {

struct DayFinding {
    std::optional<DayOrder> order;   // the one that reads most values; empty where none reads any
    std::int64_t known = 0;          // values that it reads
    std::vector<DayOrder> possible;  // more than one where the values do not tell which it is
    std::string example;             // a value that can be read in several ways
    bool is_mixed = false;           // some values can be read in one order only, and some in another only
    std::string evidence;            // a value that no other order reads
};

// Takes values one by one in bounded memory.
class DayInference {
public:
    // True where the text is a day in any order.
    bool add(std::string_view text);
    [[nodiscard]] DayFinding result() const;

private:
    static constexpr std::size_t kPartOrders = 3;
    // Which of the first three orders read a value, one bit each.
    using OrderSet = std::size_t;
    static constexpr std::size_t kOrderSets = std::size_t{1} << kPartOrders;

    struct Tally {
        std::array<std::int64_t, kOrderSets> counts{};
        std::array<std::string, kOrderSets> examples;
        // Values that two orders read as different days, by the pair of orders.
        std::array<std::int64_t, kOrderSets> differing{};
        std::array<std::string, kOrderSets> differing_examples;
    };

    void tally(Tally &to, const WrittenDay &day, std::string_view text);
    // With the orders that the years of two digits allow.
    [[nodiscard]] Tally all() const;

    Tally whole_years_;
    Tally short_years_;
    // The numbers in front and behind, of values with years of two digits: years repeat, days do not.
    std::bitset<100> in_front_;
    std::bitset<100> behind_;
    std::array<std::int64_t, kDayOrders> one_number_{};
    std::array<std::string, kDayOrders> one_number_examples_;
};

}  // namespace pipeline_forecast
