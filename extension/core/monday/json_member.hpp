// Looking into JSON of strangers: nothing throws, and nothing goes deep, since a document may be nested deeper than the
// stack.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace pipeline_forecast::monday {

// Null where there is no such member, or no object.
[[nodiscard]] inline const nlohmann::json &member(const nlohmann::json &object, const char *key) {
    static const nlohmann::json nothing;
    if (!object.is_object()) return nothing;
    const auto found = object.find(key);
    return found == object.end() ? nothing : *found;
}

// A text as it is, a number or a flat list or object written out, of anything deeper only its type.
[[nodiscard]] inline std::string brief(const nlohmann::json &value) {
    if (value.is_string()) return value.get<std::string>();
    const bool is_flat = std::ranges::none_of(value, [](const nlohmann::json &part) { return part.is_structured(); });
    if (value.is_structured() && !is_flat) return value.type_name();
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace pipeline_forecast::monday
