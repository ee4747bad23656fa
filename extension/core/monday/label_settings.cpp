#include "core/monday/label_settings.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/decode.hpp"
#include "core/monday/json_member.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

// A label is its text, or an object that has it under one of these names.
const std::string *text_of(const json &label) {
    if (label.is_string()) return &label.get_ref<const std::string &>();
    for (const char *key : {"label", "name", "text"}) {
        const json &text = member(label, key);
        if (text.is_string()) return &text.get_ref<const std::string &>();
    }
    return nullptr;
}

std::string id_of(const json &label) {
    const json &id = member(label, "id");
    return id.is_string() ? id.get<std::string>() : id.is_number_integer() ? id.dump() : std::string{};
}

struct PlacedLabel {
    double position;
    StageLabel label;
};

double number_member(const json &object, const char *key) {
    const json &number = member(object, key);
    return number.is_number() ? number.get<double>() : std::numeric_limits<double>::infinity();
}

// The form of before 2025-10: labels by id, their places and the ids of the done ones beside them.
std::vector<PlacedLabel> labels_by_id(const json &settings) {
    std::vector<PlacedLabel> placed;
    const json &done = member(settings, "done_colors");
    for (const auto &[id, label] : member(settings, "labels").items()) {
        const std::string *text = text_of(label);
        if (text == nullptr) continue;
        const auto is_id = [&id = id](const json &each) { return brief(each) == id; };
        placed.push_back({number_member(member(settings, "labels_positions_v2"), id.c_str()),
                          {*text, done.is_array() && std::ranges::any_of(done, is_id)}});
    }
    return placed;
}

std::vector<PlacedLabel> labels_in_list(const json &list) {
    std::vector<PlacedLabel> placed;
    for (const json &label : list) {
        const std::string *text = text_of(label);
        if (text == nullptr || member(label, "is_deactivated") == json(true)) continue;
        placed.push_back({number_member(label, "index"), {*text, member(label, "is_done") == json(true)}});
    }
    return placed;
}

}  // namespace

std::vector<StageLabel> read_stage_labels(const json &settings) {
    if (settings.is_string()) {
        const json parsed = json::parse(settings.get_ref<const std::string &>(), nullptr, false);
        return parsed.is_object() ? read_stage_labels(parsed) : std::vector<StageLabel>{};
    }
    const json &found = member(settings, "labels");
    std::vector<PlacedLabel> placed;
    if (found.is_object()) placed = labels_by_id(settings);
    if (found.is_array()) placed = labels_in_list(found);
    std::ranges::stable_sort(placed, {}, &PlacedLabel::position);
    std::vector<StageLabel> labels;
    for (PlacedLabel &each : placed) {
        each.label.text = std::string(trimmed(each.label.text));
        if (!each.label.text.empty()) labels.push_back(std::move(each.label));
    }
    return labels;
}

Labels read_label_settings(const json &settings) {
    if (settings.is_string()) {
        const json parsed = json::parse(settings.get_ref<const std::string &>(), nullptr, false);
        return parsed.is_object() ? read_label_settings(parsed) : Labels{};
    }
    Labels labels;
    const json &found = member(settings, "labels");
    if (found.is_object()) {
        for (const auto &[id, label] : found.items()) {
            if (const std::string *text = text_of(label)) labels.emplace(id, *text);
        }
    } else if (found.is_array()) {
        for (const json &label : found) {
            const std::string id = id_of(label);
            const std::string *text = text_of(label);
            if (!id.empty() && text != nullptr) labels.emplace(id, *text);
        }
    }
    return labels;
}

}  // namespace pipeline_forecast::monday
