// What a column of an item says: one reader for each kind of column that monday.com has.
//
// A column value comes as the API returns it: {"id", "type", "text", "value"} and the fields of the kind's own
// fragment. `value` is JSON, mostly inside a string. What is there and how complete it is differs between kinds and
// versions of the API, so each reader takes the exact source first and falls back to the text that people see.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline_forecast::monday {

using Labels = std::map<std::string, std::string, std::less<>>;  // id to text

struct Reading {
    std::string text = {};              // without white space at its ends; empty where the column says nothing
    std::vector<std::string> ids = {};  // of the items that a connection leads to
    bool is_plain_number = false;       // written by a machine: the decimal mark is the point, whatever people use
    std::string refusal = {};           // why what the column says is not one value
};

[[nodiscard]] bool is_known_kind(std::string_view kind) noexcept;

// Formulas and mirrors may say nothing although a person sees a value: the API cannot read every one of them.
[[nodiscard]] bool may_be_unreadable(std::string_view kind) noexcept;

// Any JSON is read; a kind that is not known like a text.
[[nodiscard]] Reading read_column(std::string_view kind, const nlohmann::json &column_value, const Labels &labels);

}  // namespace pipeline_forecast::monday
