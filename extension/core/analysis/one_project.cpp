#include "core/analysis/one_project.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analysis/sorted_keys.hpp"
#include "core/analysis/value_mean.hpp"
#include "core/interrupts.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

using Codes = std::array<std::uint32_t, kFields.size()>;

// Of a sum that is negative only in a digest that has missed a change.
std::size_t to_size(std::int64_t count) noexcept { return static_cast<std::size_t>(std::max<std::int64_t>(count, 0)); }

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

    // Whether the row has the project's own, known value of a field.
    [[nodiscard]] bool shares(Field field, std::size_t row) const noexcept {
        return own_[static_cast<std::size_t>(field)] != TextCodes::kMissing && agrees(field, row);
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

// Outcomes by day of creation, as counts: far less memory than the rows that they are of.
class OutcomesByDay {
public:
    explicit OutcomesByDay(Day first_day) : first_day_(first_day) {}

    // created: from the first day on.
    void add(Day created, Outcome outcome, std::int64_t count) {
        const std::int64_t index =
            std::int64_t{created.time_since_epoch().count()} - first_day_.time_since_epoch().count();
        if (index >= kNearDays) {
            far_[created][static_cast<std::size_t>(outcome)] += count;
            return;
        }
        const auto near = static_cast<std::size_t>(index);
        if (near >= near_.size()) near_.resize(near + 1);
        near_[near][static_cast<std::size_t>(outcome)] += count;
    }

    // By day.
    [[nodiscard]] std::vector<DatedOutcome> rows() const {
        std::vector<DatedOutcome> rows;
        for (std::size_t i = 0; i < near_.size(); ++i) {
            append(rows, first_day_ + std::chrono::days{static_cast<int>(i)}, near_[i]);
        }
        for (const auto &[created, counts] : far_) append(rows, created, counts);
        return rows;
    }

private:
    using Counts = std::array<std::int64_t, kOutcomes.size()>;

    static void append(std::vector<DatedOutcome> &rows, Day created, const Counts &counts) {
        for (const Outcome outcome : kOutcomes) {
            const std::int64_t count = counts[static_cast<std::size_t>(outcome)];
            if (count > 0) rows.push_back({outcome, created, static_cast<std::size_t>(count)});
        }
    }

    // A century; whatever was created later is a typing error, and counts nevertheless.
    static constexpr std::int64_t kNearDays = 36'525;

    Day first_day_;
    std::vector<Counts> near_;  // from the first day on
    std::map<Day, Counts> far_;
};

// The facts of a segment for one project, from rows that come and go in any order.
class FactsBuilder {
public:
    FactsBuilder(const ProjectRow &project, Day first_day)
        : project_(project), value_(project.new_enquiry_value.value_or(Money{})), outcomes_(first_day) {}

    // A row with a date from the first day on.
    void add(const DigestPiece &piece, const Comparison &comparison, std::size_t row) {
        const bool is_removal = piece.is_removal(row);
        const std::int64_t sign = is_removal ? -1 : 1;
        const Outcome outcome = comparison.outcome(row);
        const std::optional<Day> created = piece.date_created(row);
        outcomes_.add(*created, outcome, sign);
        if (const int days = piece.gestation_period(row); is_valid_gestation(days)) {
            const std::uint64_t key = gestation_key(days, created);
            is_removal ? gestations_.remove(key) : gestations_.add(key);
        }
        if (const std::optional<Money> value = piece.new_enquiry_value(row)) {
            is_removal ? mean_.remove(*value) : mean_.add(*value);
            if (value->cents > 0) {
                positive_ += sign;
                if (value->cents <= value_.cents) up_to_own_ += sign;
            }
        }
        if (comparison.shares(Field::kAccount, row)) account_.add(outcome, sign);
        if (comparison.shares(Field::kProductType, row)) product_type_.add(outcome, sign);
    }

    [[nodiscard]] SegmentFacts build(const TimeWeighting &weighting) && {
        return {tally_outcomes(outcomes_.rows(), weighting),
                summarize_gestation_keys(std::move(gestations_).sorted(), weighting),
                mean_.cents(),
                value_share(),
                account_.record(project_.account),
                product_type_.record(project_.product_type)};
    }

private:
    struct Record {
        std::int64_t won = 0;
        std::int64_t total = 0;

        void add(Outcome outcome, std::int64_t count) noexcept {
            won += outcome == Outcome::kWon ? count : 0;
            total += count;
        }
        // Absent where the project lacks the field.
        [[nodiscard]] std::optional<WinRecord> record(std::string_view own) const noexcept {
            if (own.empty()) return std::nullopt;
            return WinRecord{to_size(won), to_size(total)};
        }
    };

    [[nodiscard]] std::optional<double> value_share() const noexcept {
        if (positive_ <= 0) return std::nullopt;
        return static_cast<double>(std::clamp<std::int64_t>(up_to_own_, 0, positive_)) / static_cast<double>(positive_);
    }

    const ProjectRow &project_;
    const Money value_;
    OutcomesByDay outcomes_;
    KeyBag gestations_;
    ValueMean mean_;
    std::int64_t positive_ = 0;  // values
    std::int64_t up_to_own_ = 0;
    Record account_;
    Record product_type_;
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
        const SegmentFacts facts = facts_of(segment.tier);
        const WholeSet whole{[this] { return closed_win_rate(); },
                             [this] { return facts_of(kGlobalTier).gestation.baseline; }};
        return {compose_analysis(config_, project_.new_enquiry_value, segment, facts, whole), own_rows_ > 0};
    }

private:
    template <typename Visit>
    void for_each_row(Visit &&visit) const {
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            for (std::size_t row = 0; row < pieces_[i].size(); ++row) {
                visit(pieces_[i], comparisons_[i], row);
                check_interrupts(row);
            }
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
        return to_size(std::accumulate(rows_.begin(), end, std::int64_t{0}));
    }

    [[nodiscard]] SegmentFacts facts_of(int tier) const {
        FactsBuilder builder(project_, first_day_);
        for_each_row([&](const DigestPiece &piece, const Comparison &comparison, std::size_t row) {
            if (comparison.tier(row) <= tier && is_within_look_back(piece, row)) builder.add(piece, comparison, row);
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
        return to_size(outcomes_[static_cast<std::size_t>(outcome)]);
    }

    const ProjectRow &project_;
    const std::span<const DigestPiece> pieces_;
    const Config config_;
    const TimeWeighting weighting_;
    const Day first_day_;
    std::vector<Comparison> comparisons_;  // one for each piece

    std::array<std::int64_t, kGlobalTier + 1> rows_{};  // within the look-back, by the narrowest tier that holds them
    std::array<std::int64_t, kOutcomes.size()> outcomes_{};  // of these, by outcome
    std::int64_t own_rows_ = 0;                              // equal to the project itself, at any time
};

}  // namespace

OneProject analyze_one(const ProjectRow &project, std::span<const DigestPiece> pieces, const StageOutcomes &stages,
                       Moment as_of, const Config &config) {
    return Analyzer(project, pieces, stages, as_of, config).analyze();
}

}  // namespace pipeline_forecast::analysis
