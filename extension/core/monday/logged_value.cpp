#include "core/monday/logged_value.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "core/decode.hpp"
#include "core/monday/json_member.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

std::string plain_text(const json &value) {
    return value.is_null() ? std::string{} : std::string(trimmed(brief(value)));
}

std::string text_of_member(const json &object, const char *key) { return plain_text(member(object, key)); }

void append_text(std::string &list, std::string_view text) {
    if (text.empty()) return;
    list.append(list.empty() ? "" : ", ").append(text);
}

std::string present_label(const Labels &labels, const json &label, const char *id, const char *text) {
    const auto found = labels.find(text_of_member(label, id));
    return found == labels.end() ? text_of_member(label, text) : std::string(trimmed(found->second));
}

Reading read_chosen_labels(const json &chosen, const Labels &labels) {
    std::string list;
    for (const json &each : chosen) append_text(list, present_label(labels, each, "id", "name"));
    return {.text = list};
}

Reading read_persons(const json &persons, const People &people) {
    std::string list;
    for (const json &each : persons) {
        const std::string id = text_of_member(each, "id");
        const bool is_team = member(each, "kind") == json("team");
        const auto found = is_team ? people.end() : people.find(id);
        if (found != people.end()) {
            append_text(list, found->second);
        } else if (!id.empty()) {
            append_text(list, (is_team ? "monday.com team " : "monday.com user ") + id);
        }
    }
    return {.text = list};
}

Reading read_linked_items(const json &linked) {
    Reading reading;
    for (const json &each : linked) {
        if (std::string id = text_of_member(each, "linkedPulseId"); !id.empty()) reading.ids.push_back(std::move(id));
    }
    return reading;
}

Reading read_scalar(const json &value) {
    if (value.is_structured()) return {.text = plain_text(value), .refusal = "not one value"};
    std::string text = plain_text(value);
    // The number of a column may be written as 500.0, which is 500.
    if (value.is_number_float() && text.ends_with(".0")) text.resize(text.size() - 2);
    return {.text = std::move(text), .is_plain_number = value.is_number()};
}

// The members that hold the value as it is, by the kinds of columns that have them; `from` is the first day of a
// timeline.
constexpr std::array kPlainMembers{"date", "from", "text", "name", "value"};

Reading read_object(const json &value, const Labels &labels, const People &people) {
    if (const json &label = member(value, "label"); label.is_object()) {
        return {.text = present_label(labels, label, "index", "text")};
    }
    if (const json &chosen = member(value, "chosenValues"); chosen.is_array()) {
        return read_chosen_labels(chosen, labels);
    }
    if (const json &persons = member(value, "personsAndTeams"); persons.is_array()) {
        return read_persons(persons, people);
    }
    if (const json &linked = member(value, "linkedPulseIds"); linked.is_array()) return read_linked_items(linked);
    for (const char *name : kPlainMembers) {
        if (value.contains(name)) return read_scalar(member(value, name));
    }
    // A label, a list or a link that was taken away.
    if (value.empty() || value.contains("label") || value.contains("chosenValues") ||
        value.contains("personsAndTeams") || value.contains("linkedPulseIds")) {
        return {};
    }
    return {.text = plain_text(value), .refusal = "a value in a shape that is not known"};
}

}  // namespace

Reading read_logged_value(const json &value, const Labels &labels, const People &people) {
    if (!value.is_object()) return read_scalar(value);
    const json &inner = member(value, "post_value");
    return read_object(inner.is_object() ? inner : value, labels, people);
}

}  // namespace pipeline_forecast::monday
