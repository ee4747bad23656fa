#include "core/monday/past.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include "core/interrupts.hpp"
#include "core/monday/field_value.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

using Value = std::optional<std::string>;

constexpr std::string_view kActive = "active";
constexpr std::string_view kArchived = "archived";
constexpr std::string_view kDeleted = "deleted";

// What something was from a moment on, until the next one.
template <typename Thing>
class Course {
public:
    void begin(Microseconds from, Thing thing) { steps_.insert_or_assign(from, std::move(thing)); }

    [[nodiscard]] const Thing &at(Microseconds moment) const {
        auto next = steps_.upper_bound(moment);
        return next == steps_.begin() ? next->second : std::prev(next)->second;
    }

    void add_moments(std::vector<Microseconds> &moments) const {
        for (const auto &[from, thing] : steps_) moments.push_back(from);
    }

private:
    std::map<Microseconds, Thing> steps_;
};

// Before every entry of a log.
constexpr Microseconds kBeginning = INT64_MIN;

bool changes_state(ActivityKind kind) {
    return kind == ActivityKind::kArchived || kind == ActivityKind::kDeleted || kind == ActivityKind::kRestored ||
           kind == ActivityKind::kLeft || kind == ActivityKind::kArrived;
}

std::string_view state_after(ActivityKind kind) {
    switch (kind) {
        case ActivityKind::kArchived: return kArchived;
        // What is on another board is gone from this one.
        case ActivityKind::kLeft:
        case ActivityKind::kDeleted: return kDeleted;
        default: return kActive;
    }
}

std::string_view state_before(ActivityKind kind) {
    switch (kind) {
        case ActivityKind::kRestored: return kArchived;
        case ActivityKind::kArrived: return kDeleted;
        default: return kActive;
    }
}

class Walk {
public:
    Walk(const PresentItem &present, std::vector<Activity> log, const Board &board, const People &people)
        : present_(present), board_(board), people_(people), log_(std::move(log)) {
        std::ranges::stable_sort(log_, {}, &Activity::at);
        for (const Activity &entry : log_) {
            if (names_item(entry)) own_.push_back(&entry);
        }
    }

    [[nodiscard]] Past walk(Microseconds log_begins) {
        find_beginning(log_begins);
        for (std::size_t i = 0; i < board_.columns.size(); ++i) walk_column(i);
        walk_name();
        walk_parent();
        walk_state();
        write_versions();
        return std::move(past_);
    }

private:
    [[nodiscard]] bool names_item(const Activity &entry) const {
        return std::ranges::find(entry.item_ids, present_.id) != entry.item_ids.end();
    }

    void find_beginning(Microseconds log_begins) {
        for (const Activity *entry : own_) {
            if (entry->kind == ActivityKind::kCreated) {
                past_.is_whole = true;
                begins_ = entry->at;
                return;
            }
            if (entry->kind == ActivityKind::kArrived) {
                begins_ = entry->at;
                return;
            }
            if (entry->kind == ActivityKind::kLeft) break;
        }
        begins_ = log_begins;
        // Made in a way that the log has no word for, such as a copy, but within its time.
        if (present_.created_at && *present_.created_at >= log_begins) {
            past_.is_whole = true;
            begins_ = own_.empty() ? *present_.created_at : std::min(*present_.created_at, own_.front()->at);
        }
    }

    void unknown_before(Microseconds moment) {
        if (past_.is_whole) return;
        begins_ = std::max(begins_, moment);
    }

    // The value that one side of an entry tells; nothing where it does not tell.
    [[nodiscard]] std::optional<Value> told(const BoardColumn &column, const std::optional<nlohmann::json> &side) {
        if (!side) return std::nullopt;
        const Reading reading = read_logged_value(*side, column.labels, people_);
        FieldValue found = field_value(column, reading, board_);
        if (!found.refusal.empty()) {
            past_.refusals.push_back({std::string(column.field->name), reading.text, found.refusal});
        }
        return found.value;
    }

    void walk_column(std::size_t index) {
        const BoardColumn &column = board_.columns[index];
        Course<Value> &course = values_.emplace_back();
        Value following = present_.values[index];
        if (!leaves_a_trace(column)) following = std::nullopt;
        const std::vector<const Activity *> changes = changes_of(column);
        std::optional<Value> after;
        if (!changes.empty()) after = told(column, changes.back()->after);
        for (std::size_t i = changes.size(); i-- > 0;) {
            const Activity &change = *changes[i];
            if (after && *after != following) ++past_.contradictions;
            course.begin(change.at, after ? *after : following);
            // What the entry before it tells is as good as what this one tells of the time before.
            std::optional<Value> earlier;
            if (i > 0) earlier = told(column, changes[i - 1]->after);
            std::optional<Value> before = told(column, change.before);
            if (!before) before = earlier;
            if (!before) before = told(column, change.before_in_words);
            if (!before && i == 0) unknown_before(change.at);
            following = before.value_or(std::nullopt);
            after = std::move(earlier);
        }
        course.begin(kBeginning, following);
    }

    [[nodiscard]] std::vector<const Activity *> changes_of(const BoardColumn &column) const {
        std::vector<const Activity *> changes;
        if (column.column_id.empty() || !leaves_a_trace(column)) return changes;
        std::ranges::copy_if(own_, std::back_inserter(changes), [&](const Activity *entry) {
            return entry->kind == ActivityKind::kColumn && entry->column_id == column.column_id;
        });
        return changes;
    }

    void walk_name() {
        std::string following = present_.name;
        for (std::size_t i = own_.size(); i-- > 0;) {
            const Activity &entry = *own_[i];
            if (entry.kind != ActivityKind::kName) continue;
            names_.begin(entry.at, following);
            // Every entry names its item, and the one before the change by its former name.
            const std::string earlier = name_before(i);
            if (entry.before) {
                following = read_logged_value(*entry.before, {}, {}).text;
            } else if (!earlier.empty()) {
                following = earlier;
            } else {
                unknown_before(entry.at);
            }
        }
        names_.begin(kBeginning, following);
    }

    [[nodiscard]] std::string name_before(std::size_t index) const {
        for (std::size_t i = index; i-- > 0;) {
            if (!own_[i]->name.empty()) return own_[i]->name;
        }
        return {};
    }

    // Any entry of a subitem names the item to which it belonged at that moment; a move may not.
    void walk_parent() {
        bool is_first = true;
        for (std::size_t i = 0; i < own_.size(); ++i) {
            const bool is_move = own_[i]->kind == ActivityKind::kReparented;
            if (own_[i]->parent_id.empty() && !is_move) continue;
            if (is_first && is_move) {
                past_.is_whole = false;
                past_.came_from_elsewhere = true;
                unknown_before(own_[i]->at);
            }
            parents_.begin(is_first ? kBeginning : own_[i]->at, parent_from(i));
            is_first = false;
        }
        if (is_first) parents_.begin(kBeginning, present_.parent_id);
    }

    [[nodiscard]] std::string parent_from(std::size_t index) const {
        const auto told_by = std::find_if(own_.begin() + static_cast<std::ptrdiff_t>(index), own_.end(),
                                          [](const Activity *entry) { return !entry->parent_id.empty(); });
        return told_by == own_.end() ? present_.parent_id : (*told_by)->parent_id;
    }

    // Forward, since an entry tells only what the item became. What is taken along by its parent is what was in the
    // same state as the parent.
    void walk_state() {
        std::vector<const Activity *> changes;
        std::ranges::for_each(log_, [&](const Activity &entry) {
            if (changes_state(entry.kind) && (names_item(entry) || takes_along(entry))) changes.push_back(&entry);
        });
        std::string_view state = kActive;
        if (!past_.is_whole) {
            state = changes.empty() ? std::string_view(present_.state) : state_before(changes.front()->kind);
        }
        const auto of_parent =
            std::ranges::find_if(changes, [this](const Activity *each) { return !names_item(*each); });
        std::string_view parent_state = of_parent == changes.end() ? kActive : state_before((*of_parent)->kind);
        states_.begin(kBeginning, std::string(state));
        for (const Activity *change : changes) {
            const std::string_view after = state_after(change->kind);
            if (names_item(*change)) {
                state = after;
            } else {
                if (state == parent_state) state = after;
                parent_state = after;
            }
            states_.begin(change->at, std::string(state));
        }
        if (state != present_.state) ++past_.contradictions;
    }

    // An entry of the item to which the subitem belonged at that moment.
    [[nodiscard]] bool takes_along(const Activity &entry) const {
        if (board_.role != Role::kSubitem || (past_.is_whole && entry.at < begins_)) return false;
        return std::ranges::find(entry.item_ids, parents_.at(entry.at)) != entry.item_ids.end();
    }

    void write_versions() {
        std::vector<Microseconds> moments{begins_};
        for (const Course<Value> &course : values_) course.add_moments(moments);
        names_.add_moments(moments);
        parents_.add_moments(moments);
        states_.add_moments(moments);
        std::erase_if(moments, [this](Microseconds moment) { return moment < begins_; });
        std::ranges::sort(moments);
        moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
        for (const Microseconds moment : moments) {
            check_interrupts(past_.versions.size());
            Version version{moment, names_.at(moment), states_.at(moment), parents_.at(moment), {}};
            version.values.reserve(values_.size());
            for (const Course<Value> &course : values_) version.values.push_back(course.at(moment));
            if (past_.versions.empty() || !version.says_the_same(past_.versions.back())) {
                past_.versions.push_back(std::move(version));
            }
        }
    }

    const PresentItem &present_;
    const Board &board_;
    const People &people_;
    std::vector<Activity> log_;
    std::vector<const Activity *> own_;
    Microseconds begins_ = 0;
    std::vector<Course<Value>> values_;
    Course<std::string> names_;
    Course<std::string> parents_;
    Course<std::string> states_;
    Past past_;
};

}  // namespace

bool Version::says_the_same(const Version &other) const {
    return name == other.name && state == other.state && parent_id == other.parent_id && values == other.values;
}

bool leaves_a_trace(const BoardColumn &column) noexcept {
    return !may_be_unreadable(column.kind) && column.kind != "last_updated";
}

Past walk_back(const PresentItem &present, std::vector<Activity> log, Microseconds log_begins, const Board &board,
               const People &people) {
    return Walk(present, std::move(log), board, people).walk(log_begins);
}

}  // namespace pipeline_forecast::monday
