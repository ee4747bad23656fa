#include "core/outlook/new_business.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/interrupts.hpp"
#include "core/outlook/exposure.hpp"
#include "core/outlook/factors.hpp"
#include "core/outlook/project_odds.hpp"
#include "core/outlook/season.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kWeek = 7.0;
constexpr std::size_t kSeasonMonths = 24;  // complete ones, before a season of arrivals is looked for
constexpr double kShareKappa = 3.0;        // arrivals
constexpr double kValueKappa = 5.0;        // projects

bool is_created(const Life &life, double origin) noexcept {
    return life.ending != Ending::kUnknown && life.created < origin;
}

// Rates from creation on, pooled over stages: a new project has none yet.
struct NewSums {
    ByCause<std::array<double, kBands>> observed{};
    ByCause<std::array<double, kBands>> exposure{};
};

class NewRates {
public:
    NewRates(const Model &model, const History &history, const Lives &lives, const Settings &settings)
        : by_type_(history.groups(Segment::kType)) {
        for (std::size_t project = 0; project < lives.of.size(); ++project) {
            check_interrupts(project);
            if (is_created(lives.of[project], lives.origin)) add(model, lives.of[project], lives, settings);
        }
        for (const NewSums &sums : by_type_) {
            for (const Cause cause : kCauses) {
                for (std::size_t band = 0; band < kBands; ++band) {
                    all_.observed[cause][band] += sums.observed[cause][band];
                    all_.exposure[cause][band] += sums.exposure[cause][band];
                }
            }
        }
    }

    [[nodiscard]] std::array<ByCause<double>, kBands> base(const Settings &settings) const noexcept {
        std::array<ByCause<double>, kBands> base{};
        for (const Cause cause : kCauses) {
            double observed = 0.0;
            double exposure = 0.0;
            for (std::size_t band = 0; band < kBands; ++band) {
                observed += all_.observed[cause][band];
                exposure += all_.exposure[cause][band];
            }
            const double rate = (observed + 1.0) / (exposure + 1.0 / prior_rate(settings, cause));
            for (std::size_t band = 0; band < kBands; ++band) {
                base[band][cause] =
                    rate * (all_.observed[cause][band] + 1.0) / (rate * all_.exposure[cause][band] + 1.0);
            }
        }
        return base;
    }

    [[nodiscard]] ByCause<double> factor(std::uint32_t type,
                                         const std::array<ByCause<double>, kBands> &base) const noexcept {
        ByCause<double> factor{};
        for (const Cause cause : kCauses) {
            double observed = 0.0;
            double expected = 0.0;
            for (std::size_t band = 0; band < kBands; ++band) {
                observed += by_type_[type].observed[cause][band];
                expected += by_type_[type].exposure[cause][band] * base[band][cause];
            }
            factor[cause] = (observed + 1.0) / (expected + 1.0);
        }
        return factor;
    }

private:
    void add(const Model &model, const Life &life, const Lives &lives, const Settings &settings) {
        NewSums &sums = by_type_[life.type];
        for_each_exposure(life.created, life, lives, [&](const Exposure &cell) {
            const double weight = recency(lives.origin - cell.middle, settings.half_life);
            const std::size_t band = band_of(kFineEdges[cell.bin]);
            const int month = month_of(cell.middle);
            for (const Cause cause : kCauses) {
                sums.exposure[cause][band] += weight * cell.days * std::exp(model.calendar.log_factor(month, cause));
            }
            if (cell.event) sums.observed[*cell.event][band] += weight;
        });
    }

    std::vector<NewSums> by_type_;
    NewSums all_;
};

// How many projects arrive, by type, and the season of their arrival.
class Arrivals {
public:
    Arrivals(const History &history, const Lives &lives, const Settings &settings)
        : weight_by_type_(history.groups(Segment::kType), 0.0), created_(weight_by_type_.size(), false) {
        double first = std::numeric_limits<double>::infinity();
        for (const Life &life : lives.of) {
            if (is_created(life, lives.origin)) first = std::min(first, life.created);
        }
        const double begin = std::max(first, lives.known_from);
        span_ = std::min(lives.origin - begin, settings.max_back);
        if (span_ > 0.0) set_season(begin, lives, settings);

        double rate = 0.0;
        for (const Life &life : lives.of) {
            if (!is_created(life, lives.origin)) continue;
            created_[life.type] = true;
            const double age = lives.origin - life.created;
            if (age > span_) continue;
            const double weight = recency(age, settings.arrival_half_life);
            rate += weight * std::exp(-season_[static_cast<std::size_t>(month_of_year(month_of(life.created)))]);
            weights_ += weight;
            weight_by_type_[life.type] += weight;
        }
        if (!(span_ > 0.0)) return;
        const double norm =
            settings.arrival_half_life / std::numbers::ln2 * (1.0 - recency(span_, settings.arrival_half_life));
        per_day_ = rate / norm;
    }

    [[nodiscard]] std::vector<std::uint32_t> types() const {
        std::vector<std::uint32_t> types;
        for (std::uint32_t type = 0; type < created_.size(); ++type) {
            if (created_[type]) types.push_back(type);
        }
        return types;
    }
    [[nodiscard]] double per_day(std::uint32_t type, std::size_t types) const noexcept {
        return per_day_ * (weight_by_type_[type] + kShareKappa / static_cast<double>(types)) / (weights_ + kShareKappa);
    }
    [[nodiscard]] const std::array<double, kMonthsOfYear> &season() const noexcept { return season_; }

private:
    // From all complete months, since a season is the same however long ago.
    void set_season(double begin, const Lives &lives, const Settings &settings) {
        int first = month_of(begin);
        if (month_begin(first) < begin) ++first;
        const int end = month_of(lives.origin);
        if (end - first < static_cast<int>(kSeasonMonths)) return;

        std::vector<SeasonCount> months;
        for (int month = first; month < end; ++month) {
            months.push_back({.position = static_cast<std::size_t>(month_of_year(month))});
        }
        double all = 0.0;
        for (const Life &life : lives.of) {
            if (!is_created(life, lives.origin)) continue;
            const int month = month_of(life.created);
            if (month < first || month >= end) continue;
            months[static_cast<std::size_t>(month - first)].observed += 1.0;
            all += 1.0;
        }
        for (SeasonCount &month : months) month.expected = all / static_cast<double>(months.size());
        std::ranges::copy(season_of_counts(months, kMonthsOfYear, settings), season_.begin());
    }

    double span_ = 0.0;  // days that are looked at
    double per_day_ = 0.0;
    double weights_ = 0.0;
    std::vector<double> weight_by_type_;
    std::vector<bool> created_;
    std::array<double, kMonthsOfYear> season_{};
};

// Sums of the weighted powers of first values.
struct ValueSums {
    double weight = 0.0;
    ValueMoments powers;

    void add(double by, double value) noexcept {
        weight += by;
        powers.mean += by * value;
        powers.square += by * value * value;
        powers.cube += by * value * value * value;
    }
};

class FirstValues {
public:
    FirstValues(const History &history, const Lives &lives, const Settings &settings)
        : by_type_(history.groups(Segment::kType)) {
        for (const Life &life : lives.of) {
            if (!is_created(life, lives.origin)) continue;
            const double weight = recency(lives.origin - life.created, settings.new_value_half_life);
            by_type_[life.type].add(weight, life.first_value);
            all_.add(weight, life.first_value);
        }
    }

    [[nodiscard]] ValueMoments of(std::uint32_t type) const noexcept {
        const ValueSums &sums = by_type_[type];
        const auto shrunk = [&](double sum, double all) {
            const double mean = all_.weight > 0.0 ? all / all_.weight : 0.0;
            return (sum + kValueKappa * mean) / (sums.weight + kValueKappa);
        };
        return {.mean = shrunk(sums.powers.mean, all_.powers.mean),
                .square = shrunk(sums.powers.square, all_.powers.square),
                .cube = shrunk(sums.powers.cube, all_.powers.cube)};
    }

private:
    std::vector<ValueSums> by_type_;
    ValueSums all_;
};

// The days from an arrival to the end of the horizon, cut where rates change.
struct ArrivalPiece {
    double days;
    std::size_t band;
    std::size_t month;
    ByCause<double> rate;  // of all types
};

std::vector<ArrivalPiece> pieces_after(double arrival, const NewBusiness &business, const Model &model,
                                       const Horizon &horizon) {
    const double end = std::min(horizon.bounds.back(), arrival + kFineEnd);
    std::vector<double> cuts{arrival, end};
    for (const double edge : kFineEdges) {
        if (arrival + edge > arrival && arrival + edge < end) cuts.push_back(arrival + edge);
    }
    for (const double bound : horizon.bounds) {
        if (bound > arrival && bound < end) cuts.push_back(bound);
    }
    std::ranges::sort(cuts);
    std::vector<ArrivalPiece> pieces;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        const double middle = (cuts[i] + cuts[i + 1]) / 2.0;
        ArrivalPiece piece{.days = cuts[i + 1] - cuts[i],
                           .band = band_of(middle - arrival),
                           .month = static_cast<std::size_t>(horizon.month_ahead(middle)),
                           .rate = {}};
        const int month = month_of(horizon.origin + middle);
        for (const Cause cause : kCauses) {
            piece.rate[cause] = business.base[piece.band][cause] * std::exp(model.calendar.log_factor(month, cause)) *
                                faded_level(model, cause, middle);
        }
        if (piece.month < kMonths) pieces.push_back(piece);
    }
    return pieces;
}

void add_wins(NewType &type, double arriving, const std::vector<ArrivalPiece> &pieces) noexcept {
    double open = arriving;
    for (const ArrivalPiece &piece : pieces) {
        const ByCause<double> rate{piece.rate.won * type.rate.won, piece.rate.lost * type.rate.lost};
        const double both = rate.won + rate.lost;
        const double stay = std::exp(-both * piece.days);
        type.wins[piece.month] += open * rate.won / both * (1.0 - stay);
        open *= stay;
    }
}

}  // namespace

NewBusiness forecast_new_business(const Model &model, const History &history, const Lives &lives,
                                  const Horizon &horizon, const Settings &settings) {
    const NewRates rates(model, history, lives, settings);
    const Arrivals arrivals(history, lives, settings);
    const FirstValues values(history, lives, settings);
    NewBusiness business{.base = rates.base(settings), .season = arrivals.season(), .types = {}};
    const std::vector<std::uint32_t> types = arrivals.types();
    for (const std::uint32_t type : types) {
        business.types.push_back({.type = type,
                                  .arrivals = arrivals.per_day(type, types.size()),
                                  .values = values.of(type),
                                  .rate = rates.factor(type, business.base)});
    }

    const double end = horizon.bounds.back();
    for (double week = 0.0; week < end; week += kWeek) {
        check_interrupts();
        const double days = std::min(kWeek, end - week);
        const double middle = week + days / 2.0;
        const int month = month_of_year(month_of(horizon.origin + middle));
        const double season = std::exp(business.season[static_cast<std::size_t>(month)]);
        const std::vector<ArrivalPiece> pieces = pieces_after(middle, business, model, horizon);
        for (NewType &type : business.types) add_wins(type, type.arrivals * days * season, pieces);
    }
    return business;
}

}  // namespace pipeline_forecast::outlook
