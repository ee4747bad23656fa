#include "core/analysis/segment_profile.hpp"

#include <algorithm>
#include <utility>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

WinRecords::WinRecords(std::vector<Sample> samples) {
    std::sort(samples.begin(), samples.end(),
              [](const Sample &left, const Sample &right) { return left.code < right.code; });
    for (const Sample &sample : samples) {
        if (entries_.empty() || entries_.back().code != sample.code) entries_.push_back({sample.code, 0, 0});
        entries_.back().won += sample.won ? 1 : 0;
        ++entries_.back().total;
    }
    entries_.shrink_to_fit();
}

WinRecord WinRecords::of(std::uint32_t code) const noexcept {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), code,
                                        [](const Entry &entry, std::uint32_t wanted) { return entry.code < wanted; });
    if (found == entries_.end() || found->code != code) return {};
    return {found->won, found->total};
}

ValueRanks::ValueRanks(std::vector<Money> values) {
    if (values.empty()) return;
    std::sort(values.begin(), values.end(), [](Money left, Money right) { return left.cents < right.cents; });

    // In double, because many large values could leave 64 bits; in ascending order, so that the sum is always the
    // same.
    double sum = 0.0;
    for (const Money value : values) {
        sum += static_cast<double>(value.cents);
        if (value.cents > 0) positive_cents_.push_back(value.cents);
    }
    mean_cents_ = sum / static_cast<double>(values.size());
    positive_cents_.shrink_to_fit();
}

std::optional<double> ValueRanks::share_up_to(Money value) const noexcept {
    if (positive_cents_.empty()) return std::nullopt;
    const auto above = std::upper_bound(positive_cents_.begin(), positive_cents_.end(), value.cents);
    return static_cast<double>(above - positive_cents_.begin()) / static_cast<double>(positive_cents_.size());
}

SegmentProfile::SegmentProfile(const ProjectSet &projects, std::span<const std::uint32_t> rows,
                               const TimeWeighting &weighting) {
    std::vector<DatedOutcome> ends;
    std::vector<GestationSample> gestations;
    std::vector<Money> known_values;
    std::vector<WinRecords::Sample> by_account;
    std::vector<WinRecords::Sample> by_product_type;
    ends.reserve(rows.size());
    known_values.reserve(rows.size());
    by_account.reserve(rows.size());
    by_product_type.reserve(rows.size());

    // One pass: the rows of a segment lie far apart in a large set, and each visit is a cache miss.
    for (const std::uint32_t row : rows) {
        const CodedProject &project = projects[row];
        const bool won = project.outcome == Outcome::kWon;
        ends.push_back({project.outcome, project.date_created});
        if (is_valid_gestation(project.gestation_period)) {
            gestations.push_back({*project.gestation_period, project.date_created});
        }
        if (project.new_enquiry_value) known_values.push_back(*project.new_enquiry_value);
        if (const std::uint32_t code = project.key.code(Field::kAccount)) by_account.push_back({code, won});
        if (const std::uint32_t code = project.key.code(Field::kProductType)) {
            by_product_type.push_back({code, won});
        }
        if (project.date_created) {
            oldest = std::min(oldest.value_or(*project.date_created), *project.date_created);
            newest = std::max(newest, project.date_created);
        }
    }
    outcomes = tally_outcomes(std::move(ends), weighting);
    gestation = summarize_gestation(std::move(gestations), weighting);
    values = ValueRanks(std::move(known_values));
    accounts = WinRecords(std::move(by_account));
    product_types = WinRecords(std::move(by_product_type));
}

}  // namespace pipeline_forecast::analysis
