// Reading JSON that strangers wrote: a member of another type than expected is a missing member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace poller {

// Nothing for what is not JSON.
[[nodiscard]] std::optional<nlohmann::json> parse_json(std::string_view text);

// Never throws: bytes that are no UTF-8 become replacement characters.
[[nodiscard]] std::string to_text(const nlohmann::json &value);

// The member of an object; null if there is no object or no such member.
[[nodiscard]] const nlohmann::json &member(const nlohmann::json &object, std::string_view name);

// The first element of an array; null if there is none.
[[nodiscard]] const nlohmann::json &first_element(const nlohmann::json &array);

[[nodiscard]] std::optional<std::string> text_of(const nlohmann::json &value);

// A whole number, or a text that is one: ids and codes come as either.
[[nodiscard]] std::optional<std::int64_t> whole_number_of(const nlohmann::json &value);

// A number, or a text that is one.
[[nodiscard]] std::optional<double> number_of(const nlohmann::json &value);

// An id as text, whether it came as text or as a number; empty for anything else.
[[nodiscard]] std::string id_of(const nlohmann::json &value);

}  // namespace poller
