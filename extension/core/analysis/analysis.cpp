#include "core/analysis/analysis.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

bool reads_global(int tier, std::size_t segment_size) noexcept {
    return tier >= kFirstWideTier || segment_size < kFewestRows;
}

Analysis compose_analysis(const Config &config, std::optional<Money> new_enquiry_value, const SegmentChoice &segment,
                          const SegmentFacts &facts, const WholeSet &whole) {
    // A segment is empty only where the whole set is.
    const bool takes_whole = segment.reads_global && segment.segment_size > 0;

    Analysis analysis;
    analysis.config = config;
    analysis.segment = segment;
    analysis.oldest = facts.outcomes.oldest;
    analysis.newest = facts.outcomes.newest;
    analysis.mean_value_cents = facts.mean_value_cents;

    analysis.outcomes = facts.outcomes;
    analysis.inclusive = inclusive_conversion(facts.outcomes, config.laplace_k);
    if (takes_whole) {
        const std::optional<double> win_rate = whole.closed_win_rate();
        if (win_rate) analysis.prior = ConversionPrior{*win_rate, config.prior_strength};
    }
    analysis.closed_only = closed_only_conversion(facts.outcomes, config.laplace_k, analysis.prior);

    analysis.gestation = facts.gestation.baseline;
    if (takes_whole && !analysis.gestation.expected_days()) {
        analysis.gestation = whole.gestation();
        analysis.gestation_is_global = true;
    }

    analysis.band = value_band(new_enquiry_value);
    analysis.rating_inputs = RatingInputs{
        .conversion_rate = analysis.inclusive.rate,
        .expected_days = analysis.gestation.expected_days(),
        .band = analysis.band,
        .value_share = facts.value_share,
        .gestation_quartiles = facts.gestation.unweighted_quartiles,
        .account = facts.account,
        .product_type = facts.product_type,
        .laplace_k = config.laplace_k,
    };
    analysis.rating = rate_project(analysis.rating_inputs);
    return analysis;
}

}  // namespace pipeline_forecast::analysis
