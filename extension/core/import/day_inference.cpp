#include "core/import/day_inference.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// Values that contradict the others are taken for errors of their own where they are rarer than one in so many.
constexpr std::int64_t kErrorsAreRarerThan = 20;

constexpr std::size_t bit(std::size_t order) noexcept { return std::size_t{1} << order; }

void keep_example(std::string &example, std::string_view text) {
    constexpr std::size_t kLongest = 60;
    if (example.empty() && text.size() <= kLongest) example = text;
}

}  // namespace

bool DayInference::add(std::string_view text) {
    const auto day = WrittenDay::parse(text);
    if (!day) return false;
    if (!day->is_one_number()) {
        if (const auto ends = day->short_year_ends()) {
            in_front_.set(ends->first);
            behind_.set(ends->second);
            tally(short_years_, *day, text);
        } else {
            tally(whole_years_, *day, text);
        }
        return true;
    }
    for (std::size_t order = kPartOrders; order < kDayOrders; ++order) {
        if (!day->in_order(static_cast<DayOrder>(order))) continue;
        ++one_number_[order];
        keep_example(one_number_examples_[order], text);
    }
    return true;
}

void DayInference::tally(Tally &to, const WrittenDay &day, std::string_view text) {
    std::array<std::optional<Day>, kPartOrders> days;
    OrderSet readable = 0;
    for (std::size_t order = 0; order < kPartOrders; ++order) {
        days[order] = day.in_order(static_cast<DayOrder>(order));
        if (days[order]) readable |= bit(order);
    }
    ++to.counts[readable];
    keep_example(to.examples[readable], text);
    for (std::size_t first = 0; first < kPartOrders; ++first) {
        for (std::size_t second = first + 1; second < kPartOrders; ++second) {
            if (!days[first] || !days[second] || days[first] == days[second]) continue;
            const OrderSet pair = bit(first) | bit(second);
            ++to.differing[pair];
            keep_example(to.differing_examples[pair], text);
        }
    }
}

DayInference::Tally DayInference::all() const {
    constexpr OrderSet kYearFirst = bit(static_cast<std::size_t>(DayOrder::kYearFirst));
    constexpr OrderSet kEvery = kOrderSets - 1;
    OrderSet allowed = kEvery;
    if (in_front_.count() > behind_.count()) allowed = kEvery & ~kYearFirst;
    if (in_front_.count() < behind_.count()) allowed = kYearFirst;
    Tally sum = whole_years_;
    for (OrderSet set = 0; set < kOrderSets; ++set) {
        sum.counts[set & allowed] += short_years_.counts[set];
        if (sum.examples[set & allowed].empty()) sum.examples[set & allowed] = short_years_.examples[set];
        if ((set & allowed) != set) continue;
        sum.differing[set] += short_years_.differing[set];
        if (sum.differing_examples[set].empty()) sum.differing_examples[set] = short_years_.differing_examples[set];
    }
    return sum;
}

DayFinding DayInference::result() const {
    const Tally sum = all();
    const auto read_by = [&](std::size_t order) {
        std::int64_t count = order < kPartOrders ? 0 : one_number_[order];
        for (OrderSet set = 0; order < kPartOrders && set < kOrderSets; ++set) {
            if ((set & bit(order)) != 0) count += sum.counts[set];
        }
        return count;
    };
    // Ties go to the day in front: no other order stands beside it unless the values are ambiguous anyway.
    auto best = static_cast<std::size_t>(DayOrder::kDayFirst);
    for (std::size_t order = 0; order < kDayOrders; ++order) {
        if (read_by(order) > read_by(best)) best = order;
    }
    DayFinding found;
    found.known = read_by(best);
    if (found.known == 0) return found;
    found.order = static_cast<DayOrder>(best);
    found.possible = {*found.order};
    if (best >= kPartOrders) {
        found.evidence = one_number_examples_[best];
        return found;
    }
    const auto only = [&](std::size_t order, std::size_t other) {
        std::int64_t count = 0;
        for (OrderSet set = 0; set < kOrderSets; ++set) {
            if ((set & bit(order)) != 0 && (set & bit(other)) == 0) count += sum.counts[set];
        }
        return count;
    };
    found.evidence = sum.examples[bit(best)];
    for (std::size_t other = 0; other < kPartOrders; ++other) {
        if (other == best) continue;
        const OrderSet pair = bit(best) | bit(other);
        const std::int64_t only_best = only(best, other);
        const std::int64_t only_other = only(other, best);
        if (found.evidence.empty()) found.evidence = sum.examples[bit(best) | (kOrderSets - 1 - pair)];
        if (only_best > 0 && only_best >= kErrorsAreRarerThan * only_other) continue;
        // Days that are the same in both orders, such as 05/05, leave nothing to decide.
        if (sum.differing[pair] == 0 && only_other == 0) continue;
        found.possible.push_back(static_cast<DayOrder>(other));
        found.is_mixed = found.is_mixed || only_other > 0;
        if (found.example.empty()) found.example = sum.differing_examples[pair];
        if (found.example.empty()) found.example = sum.examples[bit(other)];
    }
    return found;
}

}  // namespace pipeline_forecast
