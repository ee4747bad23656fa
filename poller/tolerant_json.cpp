#include "poller/tolerant_json.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace poller {

using nlohmann::json;

namespace {

const json kNull;

// Every double between these is exact as a whole number.
constexpr double kLargestWholeDouble = 9007199254740992.0;

template <typename Number>
std::optional<Number> parsed(std::string_view text) {
    Number number{};
    const char *const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace

std::optional<json> parse_json(std::string_view text) {
    json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) return std::nullopt;
    return document;
}

std::string to_text(const json &value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

const json &member(const json &object, std::string_view name) {
    if (!object.is_object()) return kNull;
    const auto found = object.find(name);
    return found == object.end() ? kNull : *found;
}

const json &first_element(const json &array) { return array.is_array() && !array.empty() ? array.front() : kNull; }

std::optional<std::string> text_of(const json &value) {
    if (!value.is_string()) return std::nullopt;
    return value.get<std::string>();
}

std::optional<std::int64_t> whole_number_of(const json &value) {
    if (value.is_string()) return parsed<std::int64_t>(value.get_ref<const std::string &>());
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return std::nullopt;
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) return std::nullopt;
    const double number = value.get<double>();
    if (std::abs(number) > kLargestWholeDouble || number != std::floor(number)) return std::nullopt;
    return static_cast<std::int64_t>(number);
}

std::optional<double> number_of(const json &value) {
    std::optional<double> number;
    if (value.is_string()) number = parsed<double>(value.get_ref<const std::string &>());
    if (value.is_number()) number = value.get<double>();
    if (number && !std::isfinite(*number)) return std::nullopt;
    return number;
}

std::string id_of(const json &value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer()) return value.dump();
    return {};
}

}  // namespace poller
