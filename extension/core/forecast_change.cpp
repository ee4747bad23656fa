#include "core/forecast_change.hpp"

#include <array>
#include <utility>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

enum class Place { kBefore, kInside, kAfter };

Place place(const ForecastState &state) noexcept {
    const Day first = month_start(state.day);
    const std::chrono::year_month_day end = std::chrono::year_month_day{first} + kForecastWindow;
    if (state.month < first) return Place::kBefore;
    return state.month < Day{end} ? Place::kInside : Place::kAfter;
}

// Where a project stands on its way from the opening to the closing.
struct Position {
    Bucket bucket;
    Day month;
    Money expected;
    Money committed;
};

class Steps {
public:
    explicit Steps(std::optional<Position> start) : now_(start) {}

    void come_in(Bar bar, const Position &position) {
        now_ = position;
        add(bar, position.bucket, position.month, position.expected, position.committed);
    }

    void go_out(Bar bar) {
        add(bar, now_->bucket, now_->month, Money{-now_->expected.cents}, Money{-now_->committed.cents});
        now_.reset();
    }

    // To another month or bucket, or to other amounts, or both.
    void change(Bar bar, const Position &next) {
        if (next.bucket == now_->bucket && next.month == now_->month) {
            add(bar, next.bucket, next.month, Money{next.expected.cents - now_->expected.cents},
                Money{next.committed.cents - now_->committed.cents});
            now_ = next;
        } else {
            go_out(bar);
            come_in(bar, next);
        }
    }

    [[nodiscard]] const Position &now() const { return *now_; }
    [[nodiscard]] std::vector<ForecastChange> take() { return std::move(parts_); }

private:
    void add(Bar bar, Bucket bucket, Day month, Money expected, Money committed) {
        if (expected.cents != 0 || committed.cents != 0) parts_.push_back({bar, bucket, month, expected, committed});
    }

    std::optional<Position> now_;
    std::vector<ForecastChange> parts_;
};

// The amounts at the closing's value and the opening's probability. Published amounts stand as they are: where only
// one of the two changed, all of the difference is its own, whatever rounding made of it.
Position revalued(const ForecastState &opening, const ForecastState &closing, Position now) {
    if (opening.contract_value == closing.contract_value) return now;
    const bool same_bucket = opening.bucket == closing.bucket;
    now.expected = same_bucket && opening.probability == closing.probability
                       ? closing.expected_value
                       : multiply(closing.contract_value, opening.probability);
    if (opening.bucket == Bucket::kCommitted) {
        now.committed = same_bucket ? closing.committed_value : closing.contract_value;
    }
    return now;
}

Bar value_bar(const ForecastState &opening, const ForecastState &closing) {
    return closing.contract_value.cents > opening.contract_value.cents ? Bar::kValueUp : Bar::kValueDown;
}

Bar likelihood_bar(const ForecastState &opening, const ForecastState &closing) {
    if (closing.bucket != opening.bucket) {
        if (closing.bucket == Bucket::kCommitted) return Bar::kWon;
        if (closing.bucket == Bucket::kLost) return Bar::kLost;
        // Back to open: an order that was cancelled, or a loss that was taken back.
        return opening.bucket == Bucket::kCommitted ? Bar::kProbabilityDown : Bar::kProbabilityUp;
    }
    return closing.probability.e5 >= opening.probability.e5 ? Bar::kProbabilityUp : Bar::kProbabilityDown;
}

}  // namespace

std::string_view to_string(Bar bar) noexcept {
    constexpr std::array<std::string_view, 13> kNames{
        "created",   "won",        "lost",          "value_up",    "value_down",  "probability_up", "probability_down",
        "pulled_in", "pushed_out", "moved_earlier", "moved_later", "month_ended", "removed"};
    return kNames[static_cast<std::size_t>(bar)];
}

Bar bar_of_first_release(Bar bar) noexcept {
    switch (bar) {
        case Bar::kMovedEarlier: return Bar::kPulledIn;
        case Bar::kMovedLater: return Bar::kPushedOut;
        case Bar::kMonthEnded: return Bar::kRemoved;
        default: return bar;
    }
}

std::vector<ForecastChange> forecast_changes(const std::optional<ForecastState> &opening,
                                             const std::optional<ForecastState> &closing) {
    const bool opens_inside = opening && place(*opening) == Place::kInside;
    const bool closes_inside = closing && place(*closing) == Place::kInside;
    if (!opens_inside && !closes_inside) return {};

    const auto at = [](const ForecastState &state, Day month) {
        return Position{state.bucket, month, state.expected_value, state.committed_value};
    };
    Steps steps(opens_inside ? std::optional(at(*opening, opening->month)) : std::nullopt);
    if (!closing) {
        steps.go_out(Bar::kRemoved);
        return steps.take();
    }
    if (!opening) {
        steps.come_in(Bar::kCreated, at(*closing, closing->month));
        return steps.take();
    }

    // A month between the beginning of the opening's 12 months and the end of the closing's was forecast on the way,
    // though it may be over by the closing. What moved to an earlier one was never forecast there.
    const bool moves_inside = opens_inside && opening->month != closing->month &&
                              closing->month >= month_start(opening->day) && place(*closing) != Place::kAfter;
    if (!opens_inside) {
        steps.come_in(Bar::kPulledIn, at(*opening, closing->month));
    } else if (moves_inside) {
        steps.change(closing->month < opening->month ? Bar::kMovedEarlier : Bar::kMovedLater,
                     at(*opening, closing->month));
    }
    steps.change(value_bar(*opening, *closing), revalued(*opening, *closing, steps.now()));
    steps.change(likelihood_bar(*opening, *closing), at(*closing, steps.now().month));
    if (!closes_inside) {
        // What is behind the 12 months is over, and nothing more is forecast of it: invoiced or not, it did not go
        // away.
        steps.go_out(place(*closing) == Place::kAfter ? Bar::kPushedOut : Bar::kMonthEnded);
    }
    return steps.take();
}

}  // namespace pipeline_forecast
