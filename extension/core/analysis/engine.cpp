#include "core/analysis/engine.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

// Segments from this tier on, and those with fewer rows, do not stand alone.
constexpr int kFirstWideTier = 4;
constexpr std::size_t kFewestRows = 3;

std::vector<std::uint32_t> rows_since(const ProjectSet &projects, Day first_day) {
    std::vector<std::uint32_t> rows;
    for (std::size_t row = 0; row < projects.size(); ++row) {
        const std::optional<Day> created = projects[row].date_created;
        if (created && *created >= first_day) rows.push_back(static_cast<std::uint32_t>(row));
    }
    return rows;
}

std::optional<WinRecord> record_of(const WinRecords &records, std::uint32_t code) {
    if (code == SegmentKey::kMissing) return std::nullopt;
    return records.of(code);
}

}  // namespace

Engine::Engine(const ProjectSet &projects, Moment as_of, const Config &config)
    : config_(checked(config)),
      rules_{projects, {as_of, config_.half_life_days, config_.time_weighting}, config_.segment_minimum},
      everything_(rules_, rows_since(projects, as_of.day - std::chrono::days{config_.look_back_days}), {}) {}

Analysis Engine::analyze(std::size_t row) { return analyze(rules_.projects[row]); }

Analysis Engine::analyze(const ProjectRow &project) { return analyze(rules_.projects.encode(project)); }

SegmentChoice Engine::select(const ProjectRow &project) { return select(rules_.projects.encode(project).key).choice; }

Engine::Selection Engine::select(const SegmentKey &key) {
    // From everything down. A segment holds the narrower ones, so the last that is large enough is also the first in
    // the order of the tiers. A missing field narrows nothing.
    Segment *segment = &everything_;
    int tier = kGlobalTier;
    while (tier > kNarrowestTier && segment->size() >= config_.segment_minimum) {
        const Field field = added_field(tier - 1);
        const std::uint32_t code = key.code(field);
        Segment *next = code == SegmentKey::kMissing ? segment : segment->part(field, code);
        if (next == nullptr) break;
        segment = next;
        --tier;
    }
    const bool reads_global = tier >= kFirstWideTier || segment->size() < kFewestRows;
    return {{tier, segment->fields(), segment->size(), reads_global}, *segment};
}

Analysis Engine::analyze(const CodedProject &project) {
    const auto [choice, segment] = select(project.key);
    const SegmentProfile &profile = segment.profile();
    const bool has_global = choice.reads_global && everything_.size() > 0;

    Analysis analysis;
    analysis.segment = choice;
    analysis.oldest = profile.oldest;
    analysis.newest = profile.newest;
    analysis.mean_value_cents = profile.values.mean_cents();

    analysis.outcomes = profile.outcomes;
    analysis.inclusive = inclusive_conversion(profile.outcomes, config_.laplace_k);
    if (has_global) {
        const std::optional<double> win_rate = everything_.profile().outcomes.closed_win_rate();
        if (win_rate) analysis.prior = ConversionPrior{*win_rate, config_.prior_strength};
    }
    analysis.closed_only = closed_only_conversion(profile.outcomes, config_.laplace_k, analysis.prior);

    analysis.gestation = profile.gestation.baseline;
    if (has_global && !analysis.gestation.expected_days()) {
        analysis.gestation = everything_.profile().gestation.baseline;
        analysis.gestation_is_global = true;
    }

    analysis.band = value_band(project.new_enquiry_value);
    analysis.rating_inputs = RatingInputs{
        .conversion_rate = analysis.inclusive.rate,
        .expected_days = analysis.gestation.expected_days(),
        .band = analysis.band,
        .value_share = profile.values.share_up_to(project.new_enquiry_value.value_or(Money{})),
        .gestation_quartiles = profile.gestation.unweighted_quartiles,
        .account = record_of(profile.accounts, project.key.code(Field::kAccount)),
        .product_type = record_of(profile.product_types, project.key.code(Field::kProductType)),
        .laplace_k = config_.laplace_k,
    };
    analysis.rating = rate_project(analysis.rating_inputs);
    return analysis;
}

}  // namespace pipeline_forecast::analysis
