// The past of an item of a board: walked backward from what the item is now, through the activity log.
//
// Nothing is guessed. Where the log does not reach, the past begins later; a version is what the log and the present
// vouch for, no more.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/monday/activity.hpp"
#include "core/monday/item.hpp"
#include "core/monday/logged_value.hpp"

namespace pipeline_forecast::monday {

// What the item is now, as it is stored.
struct PresentItem {
    std::string id = {};
    std::string name = {};
    std::string state = "active";
    std::string parent_id = {};                           // of a subitem
    std::vector<std::optional<std::string>> values = {};  // as many as the board has columns, in their order
    std::optional<Microseconds> created_at = {};          // as far as it is known
};

struct Version {
    Microseconds from = 0;
    std::string name = {};
    std::string state = {};
    std::string parent_id = {};
    std::vector<std::optional<std::string>> values = {};

    // Whether they differ in what they say, whenever they say it.
    [[nodiscard]] bool says_the_same(const Version &other) const;
};

struct Past {
    std::vector<Version> versions = {};  // oldest first; each holds until the next one begins
    bool is_whole = false;               // from the item's first day on
    bool came_from_elsewhere = false;    // a subitem that belonged to another item before, and nothing says to which
    std::vector<Refusal> refusals = {};  // values of the log that are no values of their fields
    int contradictions = 0;              // where the log and what follows it say different things
};

// `log`: the entries that name the item; of a subitem also those of its parents, whose archiving and deleting take it
// along. `log_begins`: the oldest moment that the log of the board still tells of.
//
// The rules, where the log leaves a choice:
//  - A column whose value before its first change is not told had none, if the item came into being within the log;
//    else the item is unknown before that change.
//  - An item without its creation in the log, older than the log, is unknown before log_begins; one that came from
//    another board before its arrival; a subitem that was moved before the move, unless an entry names its former item.
//  - A restored item was archived where the log does not say what it was.
//  - Columns of kinds that leave no trace in the log (formulas, mirrors) have no past.
[[nodiscard]] Past walk_back(const PresentItem &present, std::vector<Activity> log, Microseconds log_begins,
                             const Board &board, const People &people);

// Whether changes of the column are logged, or never happen.
[[nodiscard]] bool leaves_a_trace(const BoardColumn &column) noexcept;

}  // namespace pipeline_forecast::monday
