// Reads the body of a webhook: what was asked, and the few fields that say which item of which board is dirty. The rest
// of the body is stored as it came and trusted in nothing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

namespace poller {

inline constexpr int kDeepestWebhookNesting = 64;
inline constexpr std::size_t kLongestWebhookId = 255;
inline constexpr std::size_t kLongestChallenge = 1024;

// monday.com asks for its own text back before it sends events to an address.
struct Challenge {
    std::string value;
};

// Ids are text, whether they came as numbers or as strings; an absent one is empty.
struct Event {
    std::string key;  // subscriptionId:triggerUuid, else sha256:... of the body and its time
    std::string subscription_id;
    std::string board_id;
    std::string item_id;
    std::string type;  // see canonical_event_type()
    std::string parent_item_id;
    std::string column_id;
    bool storable_as_json = true;  // false for an escaped NUL, which jsonb cannot hold
};

struct Malformed {
    enum class Fault {
        kNotJson,  // nobody can read it
        kNotEvent  // JSON, but not what a board sends
    };
    Fault fault;
    std::string reason;  // a phrase for the answer and the log; holds nothing of the body
};

// The moment of arrival matters only for a body that names neither a trigger nor a time: then the same body counts as
// the same event within one minute.
// Of a key that stands twice in an object the last one counts, as it does in jsonb.
[[nodiscard]] std::variant<Challenge, Event, Malformed> parse_webhook(std::string_view body,
                                                                      std::chrono::system_clock::time_point arrival);

// One name for each kind of event, whether it is called as subscribed (item_deleted) or as delivered (delete_pulse).
// Other names stay as they are.
[[nodiscard]] std::string_view canonical_event_type(std::string_view type);

}  // namespace poller
