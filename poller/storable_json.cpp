#include "poller/storable_json.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace poller {
namespace {

constexpr std::string_view kReplacement = "\ufffd";
constexpr std::size_t kEscape = 6;  // of \uXXXX

// The number of an escape \uXXXX at the front of the text.
std::optional<unsigned> escaped_unit(std::string_view text) {
    if (text.size() < kEscape || !text.starts_with("\\u")) return std::nullopt;
    unsigned unit = 0;
    const char *const digits = text.data() + 2;
    const auto [stop, error] = std::from_chars(digits, digits + 4, unit, 16);
    if (error != std::errc{} || stop != digits + 4) return std::nullopt;
    return unit;
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// Length of the well-formed UTF-8 character at the front; 0 if there is none. Unicode 15, table 3-7.
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const auto follows = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xBF) {
        return byte(at) >= low && byte(at) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

bool is_plain(char character) { return static_cast<unsigned char>(character) < 0x80 && character != '\\'; }

// How much of the front is kept as it is; 0 where something has to be replaced.
std::size_t kept_length(std::string_view text) {
    if (text.front() != '\\') return character_length(text);
    const auto unit = escaped_unit(text);
    // Another escape, of two characters: the second is no start of one.
    if (!unit) return std::min<std::size_t>(2, text.size());
    if (*unit == 0 || is_low_surrogate(*unit)) return 0;
    if (!is_high_surrogate(*unit)) return kEscape;
    const auto next = escaped_unit(text.substr(kEscape));
    return next && is_low_surrogate(*next) ? 2 * kEscape : 0;
}

}  // namespace

std::string storable_json(std::string document) {
    std::string result;
    std::size_t kept = 0;  // up to here the document is in the result, once the result is in use
    std::size_t at = 0;
    while (at < document.size()) {
        if (is_plain(document[at])) {
            ++at;
            continue;
        }
        const std::string_view rest = std::string_view{document}.substr(at);
        if (const std::size_t length = kept_length(rest)) {
            at += length;
            continue;
        }
        result.append(document, kept, at - kept).append(kReplacement);
        at += rest.front() == '\\' ? kEscape : 1;
        kept = at;
    }
    if (kept == 0) return document;
    return result.append(document, kept);
}

}  // namespace poller
