// What the strict modes of the providers publish about schemas. Their mock servers accept anything, so the rules are
// checked here.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace poller::llm {

using Schema = nlohmann::ordered_json;

struct SchemaRules {
    std::set<std::string> keywords;  // any other is a violation
    std::set<std::string> types;
    bool objects_are_closed = false;  // additionalProperties: false on every object
    bool every_property_is_required = false;
    bool enumerations_hold_texts = false;
    int deepest = 100;
};

// OpenAI, structured outputs with strict: true.
inline SchemaRules openai_rules() {
    return {{"type", "properties", "required", "additionalProperties", "description", "enum", "anyOf", "$defs", "$ref",
             "items", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
             "minItems", "maxItems"},
            {"object", "array", "string", "number", "integer", "boolean", "null"},
            true,
            true,
            false,
            10};
}

// Gemini, responseJsonSchema.
inline SchemaRules gemini_json_schema_rules() {
    return {{"$id",
             "$defs",
             "$ref",
             "$anchor",
             "type",
             "format",
             "title",
             "description",
             "enum",
             "items",
             "prefixItems",
             "minItems",
             "maxItems",
             "minimum",
             "maximum",
             "anyOf",
             "oneOf",
             "properties",
             "additionalProperties",
             "required",
             "propertyOrdering"},
            {"object", "array", "string", "number", "integer", "boolean", "null"},
            false,
            false,
            false,
            100};
}

// Gemini, responseSchema: the fields of its message.
inline SchemaRules gemini_openapi_rules() {
    return {
        {"type",      "format",     "title",    "description",   "nullable",         "enum",    "items",   "maxItems",
         "minItems",  "properties", "required", "minProperties", "maxProperties",    "minimum", "maximum", "minLength",
         "maxLength", "pattern",    "example",  "anyOf",         "propertyOrdering", "default"},
        {"object", "array", "string", "number", "integer", "boolean"},
        false,
        false,
        true,
        100};
}

// Anthropic, output_config.format: bounds, lengths and patterns do not go in.
inline SchemaRules anthropic_rules() {
    return {{"type", "properties", "required", "additionalProperties", "description", "enum", "const", "anyOf", "allOf",
             "$defs", "$ref", "items", "format", "minItems", "title", "default"},
            {"object", "array", "string", "number", "integer", "boolean", "null"},
            true,
            false,
            false,
            100};
}

inline void check_schema(const Schema &schema, const SchemaRules &rules, const std::string &path, int depth,
                         std::vector<std::string> &violations) {
    const auto complain = [&](const std::string &what) { violations.push_back(path + ": " + what); };
    if (depth > rules.deepest) complain("nested too deep");
    for (const auto &[keyword, value] : schema.items()) {
        if (!rules.keywords.contains(keyword)) complain("keyword " + keyword);
    }
    const std::string type = schema.contains("type") && schema["type"].is_string() ? schema["type"] : "";
    if (!rules.types.contains(type)) complain("type \"" + type + "\"");
    if (schema.contains("enum") && rules.enumerations_hold_texts) {
        if (!std::ranges::all_of(schema["enum"], [](const Schema &value) { return value.is_string(); })) {
            complain("enumeration of other than texts");
        }
    }
    if (type == "array") check_schema(schema["items"], rules, path + "/items", depth + 1, violations);
    if (type != "object") return;
    if (rules.objects_are_closed &&
        (!schema.contains("additionalProperties") || schema["additionalProperties"] != false)) {
        complain("open object");
    }
    for (const auto &[name, property] : schema["properties"].items()) {
        const auto &required = schema["required"];
        const bool is_required = std::ranges::find(required, Schema(name)) != required.end();
        if (rules.every_property_is_required && !is_required) complain(name + " not required");
        check_schema(property, rules, path + "/" + name, depth + 1, violations);
    }
}

// Nothing where the schema obeys.
inline std::vector<std::string> violations_of(const Schema &schema, const SchemaRules &rules) {
    std::vector<std::string> violations;
    if (!schema.is_object() || schema.value("type", "") != "object") violations.emplace_back("the root is no object");
    if (violations.empty()) check_schema(schema, rules, "", 1, violations);
    return violations;
}

}  // namespace poller::llm
