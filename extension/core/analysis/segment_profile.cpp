#include "core/analysis/segment_profile.hpp"

#include <algorithm>
#include <utility>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

// Facts as sortable keys, each in the order in which it is aggregated. A day takes 33 bits: 0 for none, then ascending.
constexpr int kDayBits = 33;
constexpr std::uint64_t kDayMask = (std::uint64_t{1} << kDayBits) - 1;
constexpr std::int64_t kDayShift = (std::int64_t{1} << 31) + 1;
constexpr int kOutcomeBits = 2;
constexpr std::uint64_t kOutcomeMask = 3;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

std::uint64_t day_key(std::optional<Day> day) noexcept {
    return day ? static_cast<std::uint64_t>(day->time_since_epoch().count() + kDayShift) : 0;
}

std::optional<Day> day_of(std::uint64_t key) noexcept {
    if (key == 0) return std::nullopt;
    return Day{std::chrono::days{static_cast<int>(static_cast<std::int64_t>(key) - kDayShift)}};
}

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

// By days, then newest first.
std::uint64_t gestation_key(const CodedProject &project) noexcept {
    return static_cast<std::uint64_t>(*project.gestation_period) << kDayBits |
           (kDayMask - day_key(project.date_created));
}

std::vector<GestationSample> gestations_of(const std::vector<std::uint64_t> &keys) {
    std::vector<GestationSample> samples;
    samples.reserve(keys.size());
    for (const std::uint64_t key : keys) {
        samples.push_back({static_cast<int>(key >> kDayBits), day_of(kDayMask - (key & kDayMask))});
    }
    return samples;
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
    // In double, because many large values could leave 64 bits; in ascending order, so that the sum is always the
    // same.
    double sum = 0.0;
    for (const std::uint64_t key : positive_keys_) sum += static_cast<double>(value_of(key).cents);
    mean_cents_ = sum / static_cast<double>(positive_keys_.size());
    const auto first_positive = std::upper_bound(positive_keys_.begin(), positive_keys_.end(), key(Money{}));
    positive_keys_.erase(positive_keys_.begin(), first_positive);
    positive_keys_.shrink_to_fit();
}

std::optional<double> ValueRanks::share_up_to(Money value) const noexcept {
    if (positive_keys_.empty()) return std::nullopt;
    const auto above = std::upper_bound(positive_keys_.begin(), positive_keys_.end(), key(value));
    return static_cast<double>(above - positive_keys_.begin()) / static_cast<double>(positive_keys_.size());
}

template <typename Change>
void SegmentProfileBuilder::change(const CodedProject &project, Change change) {
    change(outcomes_, outcome_key(project));
    if (is_valid_gestation(project.gestation_period)) change(gestations_, gestation_key(project));
    if (project.new_enquiry_value) change(values_, ValueRanks::key(*project.new_enquiry_value));
    if (const std::uint32_t code = project.key.code(Field::kAccount)) {
        change(accounts_, record_key(code, project.outcome));
    }
    if (const std::uint32_t code = project.key.code(Field::kProductType)) {
        change(product_types_, record_key(code, project.outcome));
    }
}

void SegmentProfileBuilder::add(const CodedProject &project) {
    change(project, [](KeyBag &bag, std::uint64_t key) { bag.add(key); });
}

void SegmentProfileBuilder::remove(const CodedProject &project) {
    change(project, [](KeyBag &bag, std::uint64_t key) { bag.remove(key); });
}

void SegmentProfileBuilder::reserve(std::size_t projects) {
    outcomes_.reserve(projects);
    values_.reserve(projects);
}

SegmentProfile SegmentProfileBuilder::build(const TimeWeighting &weighting) && {
    SegmentProfile profile;
    std::vector<DatedOutcome> outcomes = outcomes_of(std::move(outcomes_).sorted());
    const auto first_dated =
        std::find_if(outcomes.begin(), outcomes.end(), [](const DatedOutcome &row) { return row.created.has_value(); });
    if (first_dated != outcomes.end()) {
        profile.oldest = first_dated->created;
        profile.newest = outcomes.back().created;
    }
    profile.outcomes = tally_outcomes(std::move(outcomes), weighting);
    profile.gestation = summarize_gestation(gestations_of(std::move(gestations_).sorted()), weighting);
    profile.values = ValueRanks(std::move(values_).sorted());
    profile.accounts = records_of(std::move(accounts_).sorted());
    profile.product_types = records_of(std::move(product_types_).sorted());
    return profile;
}

}  // namespace pipeline_forecast::analysis
