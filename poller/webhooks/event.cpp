#include "poller/webhooks/event.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "poller/crypto/encoding.hpp"

namespace poller {
namespace {

// Members of "event" that are looked at.
enum Member : std::size_t {
    kType,
    kTriggerTime,
    kChangedAt,
    kSubscription,
    kTrigger,
    kBoard,
    kDestBoard,
    kSourceBoard,
    kPulse,
    kItem,
    kSubitem,
    kParentItem,
    kDestPulse,
    kColumn,
    kMemberCount
};

constexpr std::array<std::string_view, kMemberCount> kMemberNames = {
    "type",          "triggerTime", "changedAt", "subscriptionId", "triggerUuid",  "boardId",     "destBoardId",
    "sourceBoardId", "pulseId",     "itemId",    "subitem",        "parentItemId", "destPulseId", "columnId"};

constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"update_column_value", "change_column_value"},
    {"change_specific_column_value", "change_column_value"},
    {"change_status_column_value", "change_column_value"},
    {"change_subitem_column_value", "change_column_value"},
    {"create_pulse", "create_item"},
    {"create_subitem", "create_item"},
    {"update_name", "change_name"},
    {"change_subitem_name", "change_name"},
    {"archive_pulse", "archive_item"},
    {"item_archived", "archive_item"},
    {"subitem_archived", "archive_item"},
    {"delete_pulse", "delete_item"},
    {"item_deleted", "delete_item"},
    {"subitem_deleted", "delete_item"},
    {"restore_pulse", "restore_item"},
    {"item_restored", "restore_item"},
    {"move_pulse_into_group", "move_item"},
    {"move_pulse_into_board", "move_item"},
    {"item_moved_to_any_group", "move_item"},
    {"item_moved_to_specific_group", "move_item"},
    {"create_subitem_update", "create_update"},
};

constexpr std::string_view kTypesOfAnItem[] = {"change_column_value", "create_item",  "change_name",  "archive_item",
                                               "delete_item",         "restore_item", "move_item",    "move_subitem",
                                               "create_update",       "edit_update",  "delete_update"};

struct Value {
    enum class State { kAbsent, kText, kUnusable };
    State state = State::kAbsent;
    std::string text;

    [[nodiscard]] bool present() const { return state == State::kText; }
};

bool is_usable_id(std::string_view text) {
    return !text.empty() && text.size() <= kLongestWebhookId && std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
}

// Takes the members of the object "event" from the parser's events, so that no document is built.
class Reader {
public:
    // What nlohmann's sax_parse() calls; false ends the parse.
    bool null() { return scalar(Value{}); }
    bool boolean(bool) { return scalar({Value::State::kUnusable, {}}); }
    bool number_integer(std::int64_t number) { return scalar({Value::State::kText, std::to_string(number)}); }
    bool number_unsigned(std::uint64_t number) { return scalar({Value::State::kText, std::to_string(number)}); }
    // Also a whole number beyond 64 bits; its digits are what counts.
    bool number_float(double, const std::string &digits) {
        const bool whole = digits.find_first_of(".eE") == std::string::npos;
        // changedAt is a number of seconds with decimals; that it is there is enough.
        const bool usable = whole || member_ == kChangedAt;
        return scalar({usable ? Value::State::kText : Value::State::kUnusable, digits});
    }
    bool string(std::string &text) {
        note_characters(text);
        if (depth_ == 1 && top_ == Top::kChallenge) {
            challenge_ = {Value::State::kText, text};
            return true;
        }
        return scalar({is_usable_id(text) ? Value::State::kText : Value::State::kUnusable, std::move(text)});
    }
    bool binary(std::vector<std::uint8_t> &) { return false; }

    bool start_object(std::size_t) {
        if (depth_ == 1 && top_ == Top::kEvent) {
            values_ = {};
            has_event_ = true;
            in_event_ = true;
        } else {
            scalar({Value::State::kUnusable, {}});
        }
        return deeper();
    }
    bool end_object() { return shallower(); }
    bool start_array(std::size_t) {
        scalar({Value::State::kUnusable, {}});
        return deeper();
    }
    bool end_array() { return shallower(); }

    bool key(const std::string &name) {
        note_characters(name);
        if (depth_ == 1) {
            top_ = name == "event" ? Top::kEvent : name == "challenge" ? Top::kChallenge : Top::kOther;
        } else if (depth_ == 2 && in_event_) {
            const auto *found = std::find(kMemberNames.begin(), kMemberNames.end(), name);
            member_ = static_cast<Member>(found - kMemberNames.begin());
        }
        return true;
    }
    template <typename Error>
    bool parse_error(std::size_t position, const std::string &, const Error &) {
        error_byte_ = position;
        return false;
    }

    [[nodiscard]] std::variant<Challenge, Event, Malformed> result(bool complete) {
        if (!complete) return unreadable();
        if (!has_event_) return challenge_or_nothing();
        return event();
    }
    [[nodiscard]] bool names_its_time() const { return present(kTriggerTime) || present(kChangedAt); }

private:
    enum class Top { kOther, kEvent, kChallenge };

    // A value at the place where the last key was, if that is one of interest.
    bool scalar(Value value) {
        if (depth_ == 1 && top_ == Top::kEvent) {
            has_event_ = false;
        } else if (depth_ == 1 && top_ == Top::kChallenge) {
            challenge_ = {value.state == Value::State::kAbsent ? Value::State::kAbsent : Value::State::kUnusable, {}};
        } else if (depth_ == 2 && in_event_ && member_ != kMemberCount) {
            values_[member_] = std::move(value);
        }
        return true;
    }

    void note_characters(const std::string &text) {
        if (text.find('\0') != std::string::npos) holds_nul_ = true;
    }
    bool deeper() {
        member_ = kMemberCount;
        return ++depth_ <= kDeepestWebhookNesting;
    }
    bool shallower() {
        if (--depth_ == 1) in_event_ = false;
        return true;
    }

    [[nodiscard]] Malformed unreadable() const {
        if (depth_ > kDeepestWebhookNesting) {
            return {Malformed::Fault::kNotJson,
                    "the body is nested deeper than " + std::to_string(kDeepestWebhookNesting) + " levels"};
        }
        return {Malformed::Fault::kNotJson, "the body is not JSON (byte " + std::to_string(error_byte_) + ")"};
    }

    [[nodiscard]] std::variant<Challenge, Event, Malformed> challenge_or_nothing() {
        if (challenge_.state == Value::State::kAbsent) return not_event("the body has no object \"event\"");
        if (!challenge_.present()) return not_event("\"challenge\" is not a text");
        if (challenge_.text.size() > kLongestChallenge) {
            return not_event("\"challenge\" has more than " + std::to_string(kLongestChallenge) + " bytes");
        }
        return Challenge{std::move(challenge_.text)};
    }

    [[nodiscard]] std::variant<Challenge, Event, Malformed> event() {
        if (!present(kType)) return missing(kType, "event.type");
        Event event;
        event.type = canonical_event_type(values_[kType].text);
        const Member board = first_of({kBoard, kDestBoard, kSourceBoard});
        if (!present(board)) return missing(board, "event.boardId");
        const Member item = first_of({kPulse, kItem, kSubitem});
        const bool needs_item =
            std::find(std::begin(kTypesOfAnItem), std::end(kTypesOfAnItem), event.type) != std::end(kTypesOfAnItem);
        if (needs_item && !present(item)) return missing(item, "event.pulseId, itemId or subitem");
        event.board_id = taken(board);
        event.item_id = taken(item);
        // A subitem that moved belongs to the item it went to.
        event.parent_item_id = taken(event.type == "move_subitem" ? kDestPulse : kParentItem);
        event.column_id = taken(kColumn);
        event.subscription_id = taken(kSubscription);
        // One act of a person, such as a change of many items at once, may be one trigger for all of them.
        if (present(kTrigger)) {
            event.key = event.subscription_id + ':' + values_[kTrigger].text + ':' + event.item_id;
            if (!event.column_id.empty()) event.key += ':' + event.column_id;
        }
        event.storable_as_json = !holds_nul_;
        return event;
    }

    [[nodiscard]] bool present(Member member) const { return values_[member].present(); }
    // The first that is present; else the first that stands there but cannot be used, for the message.
    [[nodiscard]] Member first_of(std::initializer_list<Member> members) const {
        for (const auto state : {Value::State::kText, Value::State::kUnusable}) {
            for (const Member member : members) {
                if (values_[member].state == state) return member;
            }
        }
        return *members.begin();
    }
    [[nodiscard]] std::string taken(Member member) {
        return present(member) ? std::move(values_[member].text) : std::string();
    }
    [[nodiscard]] static Malformed not_event(std::string reason) {
        return {Malformed::Fault::kNotEvent, std::move(reason)};
    }
    [[nodiscard]] Malformed missing(Member member, std::string_view name) const {
        if (values_[member].state == Value::State::kAbsent) return not_event(std::string(name) + " is missing");
        return not_event("event." + std::string(kMemberNames[member]) +
                         " is neither a whole number nor a text of 1 to " + std::to_string(kLongestWebhookId) +
                         " printable bytes");
    }

    int depth_ = 0;
    Top top_ = Top::kOther;
    bool in_event_ = false;
    bool has_event_ = false;
    bool holds_nul_ = false;
    Member member_ = kMemberCount;
    std::size_t error_byte_ = 0;
    Value challenge_;
    std::array<Value, kMemberCount> values_;
};

std::string key_of_body(std::string_view body, bool names_its_time, std::chrono::system_clock::time_point arrival) {
    if (names_its_time) return "sha256:" + to_hex(sha256(body));
    const auto minute = std::chrono::floor<std::chrono::minutes>(arrival).time_since_epoch().count();
    return "sha256:" + to_hex(sha256(std::string(body) + '@' + std::to_string(minute)));
}

}  // namespace

std::string_view canonical_event_type(std::string_view type) {
    for (const auto &[alias, canonical] : kAliases) {
        if (alias == type) return canonical;
    }
    return type;
}

std::variant<Challenge, Event, Malformed> parse_webhook(std::string_view body,
                                                        std::chrono::system_clock::time_point arrival) {
    // The parser takes a NUL for the end of its input and would not see what follows; a byte order mark it would skip.
    if (const std::size_t nul = body.find('\0'); nul != std::string_view::npos) {
        return Malformed{Malformed::Fault::kNotJson, "the body is not JSON (byte " + std::to_string(nul + 1) + ")"};
    }
    if (body.starts_with("\xEF\xBB\xBF")) {
        return Malformed{Malformed::Fault::kNotJson, "the body starts with a byte order mark"};
    }
    Reader reader;
    const bool complete = nlohmann::json::sax_parse(body.begin(), body.end(), &reader);
    auto result = reader.result(complete);
    if (auto *event = std::get_if<Event>(&result); event != nullptr && event->key.empty()) {
        event->key = key_of_body(body, reader.names_its_time(), arrival);
    }
    return result;
}

}  // namespace poller
