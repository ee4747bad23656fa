#include "core/analysis/one_project.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

// What the project has, as long as only "the same" and "another" matter.
constexpr std::uint32_t kOwn = 1;

using Codes = std::array<std::uint32_t, kFields.size()>;

// One piece in the terms of the project.
class Comparison {
public:
    Comparison(const ProjectRow &project, const DigestPiece &piece, const StageOutcomes &stages)
        : piece_(piece), outcomes_(piece.outcomes(stages)) {
        for (const Field field : kFields) {
            const auto index = static_cast<std::size_t>(field);
            own_[index] = piece.find(index, project.text(field));
        }
    }

    [[nodiscard]] bool agrees(Field field, std::size_t row) const noexcept {
        const auto index = static_cast<std::size_t>(field);
        return piece_.code(index, row) == own_[index];
    }

    // The narrowest tier that holds the row: a field that the project lacks narrows nothing.
    [[nodiscard]] int tier(std::size_t row) const noexcept {
        int tier = kGlobalTier;
        while (tier > kNarrowestTier) {
            const Field field = added_field(tier - 1);
            if (own_[static_cast<std::size_t>(field)] != TextCodes::kMissing && !agrees(field, row)) break;
            --tier;
        }
        return tier;
    }

    [[nodiscard]] Outcome outcome(std::size_t row) const noexcept { return outcomes_[piece_.code(kStageText, row)]; }

    // Fields that the project does not share count as missing: nothing is asked of their records.
    [[nodiscard]] CodedProject coded(std::size_t row) const noexcept {
        CodedProject project{.key = {},
                             .new_enquiry_value = piece_.new_enquiry_value(row),
                             .gestation_period = piece_.gestation_period(row),
                             .outcome = outcome(row),
                             .date_created = piece_.date_created(row)};
        for (const Field field : kFields) {
            const auto index = static_cast<std::size_t>(field);
            project.key.codes[index] =
                own_[index] != TextCodes::kMissing && agrees(field, row) ? kOwn : TextCodes::kMissing;
        }
        return project;
    }

    [[nodiscard]] bool is_equal(const ProjectRow &project, std::size_t row) const noexcept {
        for (const Field field : kFields) {
            if (!agrees(field, row)) return false;
        }
        return piece_.date_created(row) == project.date_created &&
               piece_.new_enquiry_value(row) == project.new_enquiry_value &&
               piece_.gestation_period(row) == digest_gestation(project.gestation_period) &&
               outcome(row) == project.outcome;
    }

private:
    const DigestPiece &piece_;
    Codes own_;                      // the project's fields in the codes of the piece
    std::vector<Outcome> outcomes_;  // by code of the stage
};

class Analyzer {
public:
    Analyzer(const ProjectRow &project, std::span<const DigestPiece> pieces, const StageOutcomes &stages, Moment as_of,
             const Config &config)
        : project_(project),
          pieces_(pieces),
          config_(checked(config)),
          weighting_(weighting_of(config_, as_of)),
          first_day_(as_of.day - std::chrono::days{config_.look_back_days}) {
        comparisons_.reserve(pieces.size());
        for (const DigestPiece &piece : pieces) comparisons_.emplace_back(project, piece, stages);
    }

    OneProject analyze() {
        count();
        const SegmentChoice segment = choose();
        const SegmentProfile profile = profile_of(segment.tier);
        const WholeSet whole{[this] { return closed_win_rate(); },
                             [this] { return profile_of(kGlobalTier).gestation.baseline; }};
        return {compose_analysis(config_, coded_project(), segment, profile, whole), own_rows_ > 0};
    }

private:
    template <typename Visit>
    void for_each_row(Visit &&visit) const {
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            for (std::size_t row = 0; row < pieces_[i].size(); ++row) visit(pieces_[i], comparisons_[i], row);
        }
    }

    [[nodiscard]] bool is_within_look_back(const DigestPiece &piece, std::size_t row) const noexcept {
        const std::optional<Day> created = piece.date_created(row);
        return created && *created >= first_day_;
    }

    void count() {
        for_each_row([this](const DigestPiece &piece, const Comparison &comparison, std::size_t row) {
            const std::int64_t sign = piece.is_removal(row) ? -1 : 1;
            const int tier = comparison.tier(row);
            if (tier == kNarrowestTier && comparison.is_equal(project_, row)) own_rows_ += sign;
            if (!is_within_look_back(piece, row)) return;
            rows_[static_cast<std::size_t>(tier)] += sign;
            outcomes_[static_cast<std::size_t>(comparison.outcome(row))] += sign;
        });
    }

    // The first tier that is large enough.
    [[nodiscard]] SegmentChoice choose() const noexcept {
        int tier = kNarrowestTier;
        while (tier < kGlobalTier && size_of(tier) < config_.segment_minimum) ++tier;
        FieldSet filter;
        for (const Field field : kFields) {
            if (tier_fields(tier).contains(field) && !project_.text(field).empty()) filter.insert(field);
        }
        return {tier, filter, size_of(tier), reads_global(tier, size_of(tier))};
    }

    // A tier holds the rows of all narrower ones.
    [[nodiscard]] std::size_t size_of(int tier) const noexcept {
        const auto end = rows_.begin() + tier + 1;
        return static_cast<std::size_t>(
            std::max<std::int64_t>(std::accumulate(rows_.begin(), end, std::int64_t{0}), 0));
    }

    [[nodiscard]] SegmentProfile profile_of(int tier) const {
        SegmentProfileBuilder builder;
        builder.reserve(size_of(tier));
        for_each_row([&](const DigestPiece &piece, const Comparison &comparison, std::size_t row) {
            if (comparison.tier(row) > tier || !is_within_look_back(piece, row)) return;
            if (piece.is_removal(row)) {
                builder.remove(comparison.coded(row));
            } else {
                builder.add(comparison.coded(row));
            }
        });
        return std::move(builder).build(weighting_);
    }

    [[nodiscard]] std::optional<double> closed_win_rate() const noexcept {
        OutcomeTally whole;
        whole.won = rows_of(Outcome::kWon);
        whole.lost = rows_of(Outcome::kLost);
        return whole.closed_win_rate();
    }

    [[nodiscard]] std::size_t rows_of(Outcome outcome) const noexcept {
        return static_cast<std::size_t>(std::max<std::int64_t>(outcomes_[static_cast<std::size_t>(outcome)], 0));
    }

    [[nodiscard]] CodedProject coded_project() const noexcept {
        CodedProject project{.key = {},
                             .new_enquiry_value = project_.new_enquiry_value,
                             .gestation_period = project_.gestation_period,
                             .outcome = project_.outcome,
                             .date_created = project_.date_created};
        for (const Field field : kFields) {
            if (!project_.text(field).empty()) project.key.codes[static_cast<std::size_t>(field)] = kOwn;
        }
        return project;
    }

    const ProjectRow &project_;
    const std::span<const DigestPiece> pieces_;
    const Config config_;
    const TimeWeighting weighting_;
    const Day first_day_;
    std::vector<Comparison> comparisons_;  // one for each piece

    std::array<std::int64_t, kGlobalTier + 1> rows_{};  // within the look-back, by the narrowest tier that holds them
    std::array<std::int64_t, 3> outcomes_{};            // of these, by outcome
    std::int64_t own_rows_ = 0;                         // equal to the project itself, at any time
};

}  // namespace

OneProject analyze_one(const ProjectRow &project, std::span<const DigestPiece> pieces, const StageOutcomes &stages,
                       Moment as_of, const Config &config) {
    return Analyzer(project, pieces, stages, as_of, config).analyze();
}

}  // namespace pipeline_forecast::analysis
