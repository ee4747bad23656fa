#include "core/outlook/history.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/interrupts.hpp"
#include "core/limits.hpp"
#include "core/outlook/horizon.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double day_or_none(std::optional<double> day) noexcept { return day && is_moment(*day) ? *day : kNone; }

double number_or(std::optional<double> number, double otherwise) noexcept {
    return number && std::abs(*number) <= static_cast<double>(kNumberLimit) ? *number : otherwise;
}

// Less than half a cent is nothing, and would make ratios to it infinite.
double money_or_nothing(double value) noexcept {
    constexpr double kHalfCent = 0.005;
    const double money = number_or(value, 0.0);
    return std::abs(money) < kHalfCent ? 0.0 : money;
}

bool same(double a, double b) noexcept { return a == b || (std::isnan(a) && std::isnan(b)); }

bool repeats(const StoredVersion &before, const StoredVersion &version) noexcept {
    return before.project == version.project && before.state == version.state && before.rest == version.rest &&
           std::ranges::equal(before.segments, version.segments) && same(before.value, version.value) &&
           same(before.created, version.created) && same(before.ordered_on, version.ordered_on) &&
           same(before.stated_date, version.stated_date) && same(before.stated_percent, version.stated_percent);
}

// The codes in the order of their texts; the empty text, which has code 0, is the first.
std::vector<std::uint32_t> codes_by_text(const analysis::TextCodes &codes) {
    std::vector<std::uint32_t> order(codes.size() + 1);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [&codes](std::uint32_t code) { return codes.text(code); });
    return order;
}

std::vector<std::uint32_t> ranks_of(const std::vector<std::uint32_t> &order) {
    std::vector<std::uint32_t> ranks(order.size());
    for (std::size_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = static_cast<std::uint32_t>(rank);
    return ranks;
}

}  // namespace

void History::add(const Version &version) {
    if (!is_moment(version.valid_from)) return;
    StoredVersion stored{.valid_from = version.valid_from,
                         .value = money_or_nothing(version.value),
                         .created = day_or_none(version.created),
                         .ordered_on = day_or_none(version.ordered_on),
                         .stated_date = day_or_none(version.stated_date),
                         .stated_percent = number_or(version.stated_percent, kNone),
                         .rest = version.rest,
                         .project = ids_.add(version.project),
                         .segments = {},
                         .state = version.state};
    const std::string_view texts[kSegments] = {version.stage, version.type, version.category, version.value_band,
                                               version.owner};
    for (std::size_t segment = 0; segment < kSegments; ++segment) {
        stored.segments[segment] = texts_[segment].codes.add(texts[segment]);
    }
    versions_.push_back(stored);
}

void History::seal() {
    id_codes_ = codes_by_text(ids_);
    const std::vector<std::uint32_t> id_ranks = ranks_of(id_codes_);
    std::vector<std::uint32_t> text_ranks[kSegments];
    for (std::size_t segment = 0; segment < kSegments; ++segment) {
        Texts &texts = texts_[segment];
        texts.order = codes_by_text(texts.codes);
        text_ranks[segment] = ranks_of(texts.order);
    }
    for (std::size_t row = 0; row < versions_.size(); ++row) {
        check_interrupts(row);
        StoredVersion &version = versions_[row];
        version.project = id_ranks[version.project];
        for (std::size_t segment = 0; segment < kSegments; ++segment) {
            version.segments[segment] = text_ranks[segment][version.segments[segment]];
        }
    }
    const auto moment = [](const StoredVersion &version) { return std::pair(version.project, version.valid_from); };
    if (!std::ranges::is_sorted(versions_, {}, moment)) std::ranges::stable_sort(versions_, {}, moment);

    std::size_t kept = 0;
    for (std::size_t row = 0; row < versions_.size(); ++row) {
        check_interrupts(row);
        const StoredVersion &version = versions_[row];
        const bool replaced = row + 1 < versions_.size() && moment(versions_[row + 1]) == moment(version);
        if (replaced || (kept > 0 && repeats(versions_[kept - 1], version))) continue;
        versions_[kept++] = version;
    }
    versions_.resize(kept);
    versions_.shrink_to_fit();

    // Ids of versions that were all left out belong to no project.
    starts_.clear();
    std::vector<std::uint32_t> id_codes;
    for (std::size_t row = 0; row < versions_.size(); ++row) {
        const std::uint32_t project = versions_[row].project;
        if (row == 0 || project != versions_[row - 1].project) {
            starts_.push_back(row);
            id_codes.push_back(id_codes_[project]);
        }
        first_moment_ = std::min(first_moment_.value_or(kEndOfMoments), versions_[row].valid_from);
    }
    starts_.push_back(versions_.size());
    id_codes_ = std::move(id_codes);
}

}  // namespace pipeline_forecast::outlook
