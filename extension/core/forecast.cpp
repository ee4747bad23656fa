#include "core/forecast.hpp"

#include <algorithm>
#include <array>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

struct CaseValues {
    Money worst;
    Money best;
};

// A credit is worst when it is certain, so the two cases change places below zero.
CaseValues case_values(const ForecastInput &input) noexcept {
    const Money contract = contract_value(input);
    const Money at_worst_probability = multiply(contract, worst_case_probability(input));
    const Money at_best_probability = multiply(contract, best_case_probability(input));
    return contract.cents < 0 ? CaseValues{at_best_probability, at_worst_probability}
                              : CaseValues{at_worst_probability, at_best_probability};
}

bool has_amount(std::optional<Money> money) noexcept { return money && money->cents != 0; }

}  // namespace

std::string_view to_string(ProbabilitySource source) noexcept {
    constexpr std::array<std::string_view, 5> kNames{"stage_lost", "stage_committed", "model", "board_percent",
                                                     "stage_default"};
    return kNames[static_cast<std::size_t>(source)];
}

bool is_confident(const ModelEvidence &model) noexcept {
    return model.conversion_confidence.value_or(kRateZero).e5 >= model.confidence_minimum.e5;
}

std::optional<Rate> counting_rate(const ModelEvidence &model, std::optional<Rate> stated_probability) noexcept {
    if (stated_probability && !is_confident(model)) return std::nullopt;
    return model.expected_conversion_rate;
}

Money contract_value(const ForecastInput &input) noexcept {
    if (has_amount(input.total_order_value)) return *input.total_order_value;
    if (has_amount(input.new_enquiry_value)) return *input.new_enquiry_value;
    return Money{};
}

ProbabilitySource probability_source(const ForecastInput &input) noexcept {
    if (input.bucket == Bucket::kLost) return ProbabilitySource::kStageLost;
    if (input.bucket == Bucket::kCommitted) return ProbabilitySource::kStageCommitted;
    if (input.expected_conversion_rate) return ProbabilitySource::kModel;
    if (input.stated_probability) return ProbabilitySource::kBoardPercent;
    return ProbabilitySource::kStageDefault;
}

Rate probability(const ForecastInput &input) noexcept {
    switch (probability_source(input)) {
        case ProbabilitySource::kStageLost: return kRateZero;
        case ProbabilitySource::kStageCommitted: return kRateOne;
        case ProbabilitySource::kModel: return clamp(*input.expected_conversion_rate, kRateZero, kRateOne);
        case ProbabilitySource::kBoardPercent: return clamp(*input.stated_probability, kRateZero, kRateOne);
        case ProbabilitySource::kStageDefault: break;
    }
    return clamp(input.default_probability, kRateZero, kRateOne);
}

std::optional<Rate> probability_spread(const ForecastInput &input) noexcept {
    if (!input.conversion_confidence || input.conversion_confidence->e5 <= 0) return input.default_spread;
    const std::int64_t doubt = kRateOne.e5 - input.conversion_confidence->e5;
    return clamp(Rate{divide_rounded(doubt * kSpreadWithoutConfidence.e5, kRateOne.e5)}, kNarrowestSpread,
                 kWidestSpread);
}

Rate best_case_probability(const ForecastInput &input) noexcept {
    const Rate likely = probability(input);
    if (input.bucket != Bucket::kOpen) return likely;
    return clamp(Rate{likely.e5 + probability_spread(input).value_or(kRateZero).e5}, kRateZero, kRateOne);
}

Rate worst_case_probability(const ForecastInput &input) noexcept {
    const Rate likely = probability(input);
    if (input.bucket != Bucket::kOpen) return likely;
    return clamp(Rate{likely.e5 - probability_spread(input).value_or(kRateZero).e5}, kRateZero, kRateOne);
}

Money committed_value(const ForecastInput &input) noexcept {
    return input.bucket == Bucket::kCommitted ? contract_value(input) : Money{};
}

Money expected_value(const ForecastInput &input) noexcept {
    return multiply(contract_value(input), probability(input));
}

Money best_case_value(const ForecastInput &input) noexcept { return case_values(input).best; }

Money worst_case_value(const ForecastInput &input) noexcept { return case_values(input).worst; }

std::string_view to_string(DateSource source) noexcept {
    constexpr std::array<std::string_view, 6> kNames{"date_order_received", "expected_start_date",
                                                     "follow_up_date",      "date_created_plus_expected_gestation_days",
                                                     "date_created",        "current_date_default"};
    return kNames[static_cast<std::size_t>(source)];
}

DateSource forecast_date_source(const DateInput &input) noexcept {
    if (input.date_order_received) return DateSource::kOrderReceived;
    if (input.expected_start_date) return DateSource::kExpectedStart;
    if (input.follow_up_date) return DateSource::kFollowUp;
    if (!input.date_created) return DateSource::kToday;
    return input.expected_gestation_days ? DateSource::kCreatedPlusGestation : DateSource::kCreated;
}

Day forecast_date(const DateInput &input, Day today) noexcept {
    switch (forecast_date_source(input)) {
        case DateSource::kOrderReceived: return *input.date_order_received;
        case DateSource::kExpectedStart: return *input.expected_start_date;
        case DateSource::kFollowUp: return *input.follow_up_date;
        case DateSource::kCreatedPlusGestation:
            // A duration no calendar can hold ends on the calendar's last day instead of wrapping around.
            return *input.date_created + std::chrono::days{std::clamp<std::int64_t>(
                                             *input.expected_gestation_days, 0,
                                             std::max<std::int64_t>((kLastDay - *input.date_created).count(), 0))};
        case DateSource::kCreated: return *input.date_created;
        case DateSource::kToday: break;
    }
    return today;
}

}  // namespace pipeline_forecast
