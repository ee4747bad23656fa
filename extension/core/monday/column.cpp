#include "core/monday/column.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/decode.hpp"
#include "core/monday/json_member.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

std::string plain(const json &value) {
    if (value.is_null()) return {};
    // Numbers keep their digits; a list or an object shows what it is where it is refused.
    return std::string(trimmed(brief(value)));
}

std::string text_member(const json &object, const char *key) { return plain(member(object, key)); }

// The member `value`, which is JSON as such or within a string; null where it is neither. Refers to the column, which
// must outlive it: a copy would need stack for each level of whatever a board sends.
class ColumnValue {
public:
    explicit ColumnValue(const json &column) : value_(&member(column, "value")) {
        if (!value_->is_string()) return;
        parsed_ = json::parse(value_->get_ref<const std::string &>(), nullptr, false);
        if (parsed_.is_discarded()) parsed_ = json{};
        value_ = &parsed_;
    }
    ColumnValue(const ColumnValue &) = delete;
    ColumnValue &operator=(const ColumnValue &) = delete;

    [[nodiscard]] const json &get() const noexcept { return *value_; }

private:
    const json *value_;
    json parsed_;
};

std::string first_text(std::initializer_list<std::string> texts) {
    const auto found = std::ranges::find_if(texts, [](const std::string &text) { return !text.empty(); });
    return found == texts.end() ? std::string{} : *found;
}

void append(std::string &list, std::string_view text) {
    if (text.empty()) return;
    list.append(list.empty() ? "" : ", ").append(text);
}

bool is_plain_decimal(std::string_view text) {
    return !text.empty() && text.find_first_not_of("-0123456789.") == std::string_view::npos &&
           std::ranges::count(text, '.') <= 1;
}

// Text from the settings where the board has a label of that id, else what the API calls it.
std::string label_of(const Labels &labels, const std::string &id, std::string fallback) {
    const auto found = labels.find(id);
    return found == labels.end() ? std::move(fallback) : std::string(trimmed(found->second));
}

Reading read_text(const json &column, const Labels &) { return {.text = text_member(column, "text")}; }

Reading read_long_text(const json &column, const Labels &) {
    return {.text = first_text({text_member(column, "text"), text_member(ColumnValue(column).get(), "text")})};
}

// The text has all decimals; the fragment's number is a double and serves only where there is nothing else.
Reading read_numbers(const json &column, const Labels &) {
    std::string text =
        first_text({text_member(column, "text"), plain(ColumnValue(column).get()), text_member(column, "number")});
    const bool is_plain = is_plain_decimal(text);
    return {.text = std::move(text), .is_plain_number = is_plain};
}

// The value is in UTC, the text in the time zone of whoever reads.
Reading read_date(const json &column, const Labels &) {
    return {.text = first_text({text_member(ColumnValue(column).get(), "date"), text_member(column, "date"),
                                text_member(column, "text")})};
}

Reading read_timeline(const json &column, const Labels &) {
    return {.text = first_text({text_member(ColumnValue(column).get(), "from"), text_member(column, "from")})};
}

Reading read_creation_log(const json &column, const Labels &) {
    return {.text =
                first_text({text_member(column, "created_at"), text_member(ColumnValue(column).get(), "created_at")})};
}

Reading read_last_updated(const json &column, const Labels &) {
    return {.text =
                first_text({text_member(column, "updated_at"), text_member(ColumnValue(column).get(), "updated_at")})};
}

// A status that is rolled up from subitems says how many of them have which label.
Reading read_battery(const json &counts, const Labels &labels) {
    std::vector<std::string> found;
    std::string list;
    for (const json &each : counts) {
        const std::string label = label_of(labels, text_member(each, "key"), {});
        const json &count = member(each, "count");
        if (label.empty() || !count.is_number_integer() || count.get<std::int64_t>() <= 0) continue;
        append(list, count.dump() + " x " + label);
        found.push_back(label);
    }
    if (found.size() == 1) return {.text = found.front()};
    if (found.empty()) return {};
    return {.text = list, .refusal = "rolled up from subitems that differ"};
}

Reading read_status(const json &column, const Labels &labels) {
    const json &counts = member(column, "battery_value");
    if (counts.is_array()) return read_battery(counts, labels);
    // "index" is the id of the label, whatever its name says.
    const std::string id = first_text({text_member(ColumnValue(column).get(), "index"), text_member(column, "index")});
    return {.text = label_of(labels, id, first_text({text_member(column, "label"), text_member(column, "text")}))};
}

Reading read_dropdown(const json &column, const Labels &labels) {
    std::string list;
    bool all_known = true;
    const ColumnValue value(column);
    const json &ids = member(value.get(), "ids");
    const json &chosen = member(column, "values");
    if (ids.is_array()) {
        for (const json &id : ids) {
            const std::string label = label_of(labels, plain(id), {});
            all_known = all_known && !label.empty();
            append(list, label);
        }
    } else if (chosen.is_array()) {
        for (const json &each : chosen) {
            append(list, label_of(labels, text_member(each, "id"), text_member(each, "label")));
        }
    }
    return {.text = all_known && !list.empty() ? list : text_member(column, "text")};
}

Reading read_display_value(const json &column, const Labels &) {
    return {.text = first_text({text_member(column, "display_value"), text_member(column, "text")})};
}

Reading read_relation(const json &column, const Labels &labels) {
    Reading reading = read_display_value(column, labels);
    const json &linked = member(column, "linked_item_ids");
    if (linked.is_array()) {
        for (const json &id : linked) {
            if (std::string text = plain(id); !text.empty()) reading.ids.push_back(std::move(text));
        }
        return reading;
    }
    const ColumnValue value(column);
    const json &pulses = member(value.get(), "linkedPulseIds");
    if (pulses.is_array()) {
        for (const json &pulse : pulses) {
            if (std::string text = text_member(pulse, "linkedPulseId"); !text.empty()) {
                reading.ids.push_back(std::move(text));
            }
        }
    }
    return reading;
}

struct Kind {
    std::string_view name;
    Reading (*read)(const json &column, const Labels &labels);
    bool may_be_unreadable = false;
};

constexpr std::array kKinds{
    Kind{"numbers", read_numbers},
    Kind{"date", read_date},
    Kind{"status", read_status},
    Kind{"dropdown", read_dropdown},
    Kind{"text", read_text},
    Kind{"long_text", read_long_text},
    Kind{"mirror", read_display_value, true},
    Kind{"formula", read_display_value, true},
    Kind{"board_relation", read_relation},
    Kind{"people", read_text},
    Kind{"timeline", read_timeline},
    Kind{"creation_log", read_creation_log},
    Kind{"last_updated", read_last_updated},
    Kind{"auto_number", read_text},
    Kind{"checkbox", read_text},
    Kind{"country", read_text},
    Kind{"dependency", read_display_value},
    Kind{"email", read_text},
    Kind{"file", read_text},
    Kind{"hour", read_text},
    Kind{"item_id", read_text},
    Kind{"link", read_text},
    Kind{"location", read_text},
    Kind{"phone", read_text},
    Kind{"rating", read_text},
    Kind{"tags", read_text},
    Kind{"team", read_text},
    Kind{"time_tracking", read_text},
    Kind{"vote", read_text},
    Kind{"week", read_text},
    Kind{"world_clock", read_text},
};

const Kind *find_kind(std::string_view name) noexcept {
    const auto found = std::ranges::find(kKinds, name, &Kind::name);
    return found == kKinds.end() ? nullptr : &*found;
}

}  // namespace

bool is_known_kind(std::string_view kind) noexcept { return find_kind(kind) != nullptr; }

bool may_be_unreadable(std::string_view kind) noexcept {
    const Kind *found = find_kind(kind);
    return found != nullptr && found->may_be_unreadable;
}

Reading read_column(std::string_view kind, const json &column_value, const Labels &labels) {
    const Kind *found = find_kind(kind);
    return (found != nullptr ? found->read : read_text)(column_value, labels);
}

}  // namespace pipeline_forecast::monday
