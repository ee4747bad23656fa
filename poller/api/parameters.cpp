#include "poller/api/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "poller/http/server/response.hpp"

namespace poller::api {
namespace {

constexpr std::string_view kInvalid = "invalid_parameter";
constexpr std::size_t kShown = 100;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

http::QueryString parsed(std::string_view target) {
    try {
        return http::QueryString::parse(target);
    } catch (const http::QueryError &error) {
        throw http::HttpError(422, kInvalid, error.what());
    }
}

}  // namespace

void refuse_parameter(std::string_view name, std::string_view allowed, std::string_view given) {
    throw http::HttpError(422, kInvalid,
                          fmt::format("{} must be {}, not \"{}\"", name, allowed, given.substr(0, kShown)));
}

bool is_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    const auto year = number_in<unsigned>(text.substr(0, 4));
    const auto month = number_in<unsigned>(text.substr(5, 2));
    const auto day = number_in<unsigned>(text.substr(8, 2));
    if (!year || !month || !day || *year < 1) return false;
    return std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                       std::chrono::day(*day))
        .ok();
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char &c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

Parameters::Parameters(std::string_view target, std::initializer_list<std::string_view> known)
    : query_(parsed(target)) {
    for (const auto &[name, value] : query_.parameters()) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        throw http::HttpError(
            422, kInvalid,
            fmt::format("unknown parameter \"{}\"; allowed: {}", std::string_view(name).substr(0, kShown),
                        known.size() == 0 ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    }
}

std::optional<std::string> Parameters::text(std::string_view name) const {
    try {
        const std::string_view value = trimmed(query_.get(name).value_or(""));
        return value.empty() ? std::nullopt : std::optional<std::string>(value);
    } catch (const http::QueryError &error) {
        throw http::HttpError(422, kInvalid, error.what());
    }
}

std::optional<long long> Parameters::whole_number(std::string_view name, long long least, long long greatest) const {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto number = number_in<long long>(*value);
    if (!number || *number < least || *number > greatest) {
        refuse_parameter(name, fmt::format("a whole number from {} to {}", least, greatest), *value);
    }
    return number;
}

std::optional<std::string> Parameters::day(std::string_view name) const {
    auto value = text(name);
    if (value && !is_day(*value)) refuse_parameter(name, "a day as YYYY-MM-DD", *value);
    return value;
}

bool Parameters::flag(std::string_view name) const {
    const auto value = text(name);
    if (!value || value == "false" || value == "0") return false;
    if (value != "true" && value != "1") refuse_parameter(name, "true or false", *value);
    return true;
}

}  // namespace poller::api
