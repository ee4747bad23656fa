#include "core/outlook/value_ratio.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/outlook/exposure.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kPriorCv2 = 0.04;
constexpr double kCv2WithoutWins = 0.09;
constexpr double kMostSquare = 4.0;

struct WonDeal {
    std::uint32_t type;
    double weight;
    double quoted;
    double order;
};

struct TypeValue {
    double quoted = 0.0;
    double ordered = 0.0;
};

std::vector<WonDeal> won_deals(const Landmarks &landmarks, const Lives &lives, const Settings &settings) {
    std::vector<WonDeal> deals;
    for (std::size_t row = 0; row < landmarks.rows.size(); ++row) {
        const OpenProject &seen = landmarks.rows[row].seen;
        const bool newest = row + 1 == landmarks.rows.size() || landmarks.rows[row + 1].seen.project != seen.project;
        const Life &life = lives.of[seen.project];
        if (!newest || life.ending != Ending::kWon || !lives.ended_known(life) || !(seen.value > 0.0)) continue;
        deals.push_back({.type = seen.code(Segment::kType),
                         .weight = recency(lives.origin - life.end, settings.half_life),
                         .quoted = seen.value,
                         .order = life.order_value});
    }
    return deals;
}

// What is not a number is as far off as can be.
double square_of_deviation(double order, double expected) noexcept {
    const double square = (order / expected - 1.0) * (order / expected - 1.0);
    return square < kMostSquare ? square : kMostSquare;
}

}  // namespace

ValueRatio fit_value_ratio(const History &history, const Landmarks &landmarks, const Lives &lives,
                           const Settings &settings) {
    ValueRatio ratio;
    ratio.by_type.assign(history.groups(Segment::kType), 1.0);
    ratio.cv2 = kCv2WithoutWins;
    const std::vector<WonDeal> deals = won_deals(landmarks, lives, settings);
    double weights = 0.0;
    double quoted = 0.0;
    double ordered = 0.0;
    std::vector<TypeValue> types(ratio.by_type.size());
    for (const WonDeal &deal : deals) {
        weights += deal.weight;
        quoted += deal.weight * deal.quoted;
        ordered += deal.weight * deal.order;
        types[deal.type].quoted += deal.weight * deal.quoted;
        types[deal.type].ordered += deal.weight * deal.order;
    }
    if (!(quoted > 0.0)) return ratio;

    const double prior = settings.ratio_kappa * quoted / weights;
    ratio.all = (ordered + prior) / (quoted + prior);
    for (std::size_t type = 0; type < ratio.by_type.size(); ++type) {
        ratio.by_type[type] = (types[type].ordered + prior * ratio.all) / (types[type].quoted + prior);
    }
    double squares = 0.0;
    for (const WonDeal &deal : deals) {
        squares += deal.weight * square_of_deviation(deal.order, deal.quoted * ratio.by_type[deal.type]);
    }
    ratio.cv2 = (squares + settings.ratio_kappa * kPriorCv2) / (weights + settings.ratio_kappa);
    return ratio;
}

}  // namespace pipeline_forecast::outlook
