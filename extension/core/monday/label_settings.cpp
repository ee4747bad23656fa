#include "core/monday/label_settings.hpp"

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

}  // namespace

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
