#include "poller/monday/rate_limit.hpp"

#include <charconv>

namespace poller::monday {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Parts between separators that do not stand within quotes.
std::vector<std::string_view> parts(std::string_view text, char separator) {
    std::vector<std::string_view> result;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '"') quoted = !quoted;
        if (text[at] != separator || quoted) continue;
        result.push_back(trimmed(text.substr(begin, at - begin)));
        begin = at + 1;
    }
    result.push_back(trimmed(text.substr(begin)));
    return result;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string_view unquoted(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

}  // namespace

std::vector<RateLimit> read_rate_limits(std::string_view header) {
    std::vector<RateLimit> limits;
    for (const std::string_view policy : parts(header, ',')) {
        const auto fields = parts(policy, ';');
        RateLimit limit;
        limit.name = unquoted(fields.front());
        if (limit.name.empty()) continue;
        for (const std::string_view field : fields) {
            const std::size_t equals = field.find('=');
            if (equals == std::string_view::npos) continue;
            const std::string_view key = trimmed(field.substr(0, equals));
            const auto value = whole_number(trimmed(field.substr(equals + 1)));
            if (key == "r") limit.remaining = value;
            if (key == "t") limit.resets_in_seconds = value;
            if (key == "q") limit.quota = value;
            if (key == "w") limit.window_seconds = value;
        }
        limits.push_back(std::move(limit));
    }
    return limits;
}

}  // namespace poller::monday
