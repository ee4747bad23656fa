#include "core/analysis/segment_profile.hpp"

#include <algorithm>
#include <utility>

#include "core/analysis/sorted_keys.hpp"
#include "core/analysis/value_mean.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

// Facts as sortable keys, each in the order in which it is aggregated.
constexpr int kOutcomeBits = 2;
constexpr std::uint64_t kOutcomeMask = 3;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

// By date.
std::uint64_t outcome_key(const CodedProject &project) noexcept {
    return day_key(project.date_created) << kOutcomeBits | static_cast<std::uint64_t>(project.outcome);
}

std::vector<DatedOutcome> outcomes_of(const std::vector<std::uint64_t> &keys) {
    std::vector<DatedOutcome> outcomes;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (i > 0 && keys[i] == keys[i - 1]) {
            ++outcomes.back().count;
        } else {
            outcomes.push_back({static_cast<Outcome>(keys[i] & kOutcomeMask), day_of(keys[i] >> kOutcomeBits)});
        }
    }
    return outcomes;
}

Money value_of(std::uint64_t key) noexcept { return {static_cast<std::int64_t>(key ^ kSignBit)}; }

std::uint64_t record_key(std::uint32_t code, Outcome outcome) noexcept {
    return std::uint64_t{code} << 1 | (outcome == Outcome::kWon ? 1 : 0);
}

WinRecords records_of(const std::vector<std::uint64_t> &keys) {
    std::vector<WinRecords::Entry> entries;
    for (const std::uint64_t key : keys) {
        const auto code = static_cast<std::uint32_t>(key >> 1);
        if (entries.empty() || entries.back().code != code) entries.push_back({code, 0, 0});
        entries.back().won += key & 1;
        ++entries.back().total;
    }
    entries.shrink_to_fit();
    return WinRecords(std::move(entries));
}

}  // namespace

WinRecord WinRecords::of(std::uint32_t code) const noexcept {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), code,
                                        [](const Entry &entry, std::uint32_t wanted) { return entry.code < wanted; });
    if (found == entries_.end() || found->code != code) return {};
    return {found->won, found->total};
}

std::uint64_t ValueRanks::key(Money value) noexcept { return static_cast<std::uint64_t>(value.cents) ^ kSignBit; }

ValueRanks::ValueRanks(std::vector<std::uint64_t> keys) : positive_keys_(std::move(keys)) {
    if (positive_keys_.empty()) return;
    ValueMean mean;
    for (const std::uint64_t key : positive_keys_) mean.add(value_of(key));
    mean_cents_ = mean.cents();
    const auto first_positive = std::upper_bound(positive_keys_.begin(), positive_keys_.end(), key(Money{}));
    positive_keys_.erase(positive_keys_.begin(), first_positive);
    positive_keys_.shrink_to_fit();
}

std::optional<double> ValueRanks::share_up_to(Money value) const noexcept {
    if (positive_keys_.empty()) return std::nullopt;
    const auto above = std::upper_bound(positive_keys_.begin(), positive_keys_.end(), key(value));
    return static_cast<double>(above - positive_keys_.begin()) / static_cast<double>(positive_keys_.size());
}

SegmentProfile::SegmentProfile(const ProjectSet &projects, std::span<const std::uint32_t> rows,
                               const TimeWeighting &weighting) {
    std::vector<std::uint64_t> outcomes;
    std::vector<std::uint64_t> gestations;
    std::vector<std::uint64_t> values;
    std::vector<std::uint64_t> accounts;
    std::vector<std::uint64_t> product_types;
    for (std::vector<std::uint64_t> *keys : {&outcomes, &values, &accounts, &product_types}) keys->reserve(rows.size());

    for_each_project(projects, rows, [&](std::uint32_t, const CodedProject &project) {
        outcomes.push_back(outcome_key(project));
        if (is_valid_gestation(project.gestation_period)) {
            gestations.push_back(gestation_key(*project.gestation_period, project.date_created));
        }
        if (project.new_enquiry_value) values.push_back(ValueRanks::key(*project.new_enquiry_value));
        if (const std::uint32_t code = project.key.code(Field::kAccount)) {
            accounts.push_back(record_key(code, project.outcome));
        }
        if (const std::uint32_t code = project.key.code(Field::kProductType)) {
            product_types.push_back(record_key(code, project.outcome));
        }
    });
    for (std::vector<std::uint64_t> *keys : {&outcomes, &gestations, &values, &accounts, &product_types}) {
        sort_keys(*keys);
    }
    outcomes_ = tally_outcomes(outcomes_of(outcomes), weighting);
    gestation_ = summarize_gestation_keys(gestations, weighting);
    values_ = ValueRanks(std::move(values));
    accounts_ = records_of(accounts);
    product_types_ = records_of(product_types);
}

SegmentFacts SegmentProfile::facts_for(const CodedProject &project) const {
    const auto record = [&project](const WinRecords &records, Field field) -> std::optional<WinRecord> {
        const std::uint32_t code = project.key.code(field);
        if (code == SegmentKey::kMissing) return std::nullopt;
        return records.of(code);
    };
    return {outcomes_,
            gestation_,
            values_.mean_cents(),
            values_.share_up_to(project.new_enquiry_value.value_or(Money{})),
            record(accounts_, Field::kAccount),
            record(product_types_, Field::kProductType)};
}

}  // namespace pipeline_forecast::analysis
