#include "poller/config/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace poller {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

[[nodiscard]] std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
    return result;
}

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find_first_of(separators);
        parts.push_back(trim(text.substr(0, end)));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

[[nodiscard]] std::optional<int> whole_number(std::string_view text, int least, int greatest) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > greatest) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

int parse_whole_number(std::string_view text, int least, int greatest) {
    const std::optional<int> value = whole_number(trim(text), least, greatest);
    if (!value) {
        throw InvalidValue(fmt::format("a whole number from {} to {}", least, greatest));
    }
    return *value;
}

bool parse_switch(std::string_view text) {
    const std::string word = lower(trim(text));
    if (word == "1" || word == "true" || word == "yes" || word == "on") {
        return true;
    }
    if (word == "0" || word == "false" || word == "no" || word == "off") {
        return false;
    }
    throw InvalidValue("1 or 0 (also true, yes, on; false, no, off)");
}

std::string parse_http_url(std::string_view text) {
    text = trim(text);
    const std::string start = lower(text.substr(0, 8));
    const std::size_t scheme = start.starts_with("https://") ? 8 : start.starts_with("http://") ? 7 : 0;
    const std::string_view host = text.substr(scheme, text.substr(scheme).find_first_of("/?"));
    if (scheme == 0 || host.empty() || host.front() == ':' || host.find('@') != std::string_view::npos ||
        text.find_first_of(" \t\r\n#\"<>") != std::string_view::npos) {
        throw InvalidValue("a URL that begins with https:// or http:// and has a host, no user, password or fragment");
    }
    return std::string(text);
}

std::string parse_year_month(std::string_view text) {
    text = trim(text);
    if (text.size() != 7 || text[4] != '-' || !whole_number(text.substr(0, 4), 2000, 9999) ||
        !whole_number(text.substr(5), 1, 12)) {
        throw InvalidValue("a year and month such as 2026-10");
    }
    return std::string(text);
}

std::vector<std::string> parse_secrets(std::string_view text, std::size_t shortest) {
    std::vector<std::string> secrets;
    for (const std::string_view part : split(text, ", \t\r\n")) {
        if (!part.empty()) {
            secrets.emplace_back(part);
        }
    }
    if (secrets.empty() || std::any_of(secrets.begin(), secrets.end(),
                                       [shortest](const std::string &each) { return each.size() < shortest; })) {
        throw InvalidValue(fmt::format("secrets of at least {} characters, separated by commas", shortest));
    }
    return secrets;
}

std::map<std::string, int> parse_counts(std::string_view text, int least, int greatest) {
    std::map<std::string, int> counts;
    for (const std::string_view part : split(text, ",")) {
        const std::size_t equals = part.find('=');
        const std::string_view name = trim(part.substr(0, equals));
        const std::optional<int> count = equals == std::string_view::npos
                                             ? std::nullopt
                                             : whole_number(trim(part.substr(equals + 1)), least, greatest);
        if (name.empty() || !count || !counts.emplace(name, *count).second) {
            throw InvalidValue(fmt::format(
                "name=number pairs separated by commas, each name once, numbers from {} to {}", least, greatest));
        }
    }
    return counts;
}

std::vector<std::string> parse_names(std::string_view text) {
    std::vector<std::string> names;
    for (const std::string_view part : split(text, ",")) {
        if (part.empty() || std::find(names.begin(), names.end(), part) != names.end()) {
            throw InvalidValue("names separated by commas, each once");
        }
        names.emplace_back(part);
    }
    return names;
}

std::vector<std::string> parse_origins(std::string_view text) {
    std::vector<std::string> origins = parse_names(text);
    for (const std::string &origin : origins) {
        // An origin has no path: what follows the host is a port at most.
        const std::string address = parse_http_url(origin);
        if (address.find('/', address.find("://") + 3) != std::string::npos || address.find('?') != std::string::npos) {
            throw InvalidValue("origins as browsers send them, https://host or https://host:port, separated by commas");
        }
    }
    return origins;
}

}  // namespace poller
