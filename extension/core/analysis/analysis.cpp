#include "core/analysis/analysis.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr int kFirstWideTier = 4;
constexpr std::size_t kFewestRows = 3;

std::optional<WinRecord> record_of(const WinRecords &records, std::uint32_t code) {
    if (code == SegmentKey::kMissing) return std::nullopt;
    return records.of(code);
}

}  // namespace

bool reads_global(int tier, std::size_t segment_size) noexcept {
    return tier >= kFirstWideTier || segment_size < kFewestRows;
}

Analysis compose_analysis(const Config &config, const CodedProject &project, const SegmentChoice &segment,
                          const SegmentProfile &profile, const WholeSet &whole) {
    // A segment is empty only where the whole set is.
    const bool takes_whole = segment.reads_global && segment.segment_size > 0;

    Analysis analysis;
    analysis.segment = segment;
    analysis.oldest = profile.oldest;
    analysis.newest = profile.newest;
    analysis.mean_value_cents = profile.values.mean_cents();

    analysis.outcomes = profile.outcomes;
    analysis.inclusive = inclusive_conversion(profile.outcomes, config.laplace_k);
    if (takes_whole) {
        const std::optional<double> win_rate = whole.closed_win_rate();
        if (win_rate) analysis.prior = ConversionPrior{*win_rate, config.prior_strength};
    }
    analysis.closed_only = closed_only_conversion(profile.outcomes, config.laplace_k, analysis.prior);

    analysis.gestation = profile.gestation.baseline;
    if (takes_whole && !analysis.gestation.expected_days()) {
        analysis.gestation = whole.gestation();
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
        .laplace_k = config.laplace_k,
    };
    analysis.rating = rate_project(analysis.rating_inputs);
    return analysis;
}

}  // namespace pipeline_forecast::analysis
