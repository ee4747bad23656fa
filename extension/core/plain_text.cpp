#include "core/plain_text.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

struct Character {
    char32_t code = 0;
    std::size_t length = 0;  // bytes; 0 where they are no character
};

bool is_continuation(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// The character at the beginning of a text that is not empty.
Character first_character(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
    char32_t code = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) return {};
        code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
    return {code, length};
}

constexpr bool within(char32_t code, char32_t first, char32_t last) noexcept { return code >= first && code <= last; }

constexpr bool is_space(char32_t code) noexcept {
    return within(code, 0x09, 0x0D) || code == ' ' || code == 0x85 || code == 0xA0 || code == 0x1680 ||
           within(code, 0x2000, 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
           code == 0x3000;
}

// What a reader does not see but a model or a browser does.
constexpr bool is_invisible(char32_t code) noexcept {
    return code < 0x20 || within(code, 0x7F, 0x9F) || code == 0xAD || code == 0x61C || code == 0x180E ||
           within(code, 0x200B, 0x200F) || within(code, 0x202A, 0x202E) || within(code, 0x2060, 0x206F) ||
           code == 0xFEFF || within(code, 0xFFF0, 0xFFFB) || (code & 0xFFFE) == 0xFFFE ||
           within(code, 0xFDD0, 0xFDEF) || within(code, 0xE0000, 0xE0FFF);
}

// Most texts are plain already, and telling so is much cheaper than making them so.
bool is_plain_ascii(std::string_view text) noexcept {
    bool after_blank = true;  // a blank at the beginning or after another one is to go
    for (const char character : text) {
        if (character < ' ' || character > '~' || (character == ' ' && after_blank)) return false;
        after_blank = character == ' ';
    }
    return text.empty() || !after_blank;
}

constexpr std::string_view kEllipsis = "\u2026";

}  // namespace

std::string plain_text(std::string_view text, std::size_t max_characters) {
    if (text.size() <= max_characters && is_plain_ascii(text)) return std::string(text);
    std::string result;
    result.reserve(std::min(text.size(), max_characters * 4));
    std::size_t count = 0;
    std::size_t shorter = 0;  // size of the result with room left for the ellipsis
    bool blank_pending = false;
    while (!text.empty()) {
        const Character character = first_character(text);
        const std::string_view bytes = text.substr(0, std::max<std::size_t>(character.length, 1));
        text.remove_prefix(bytes.size());
        if (character.length == 0) continue;
        if (is_space(character.code)) {
            blank_pending = count > 0;
            continue;
        }
        if (is_invisible(character.code)) continue;
        const std::size_t added = blank_pending ? 2 : 1;
        if (count + added > max_characters) {
            if (max_characters == 0) return {};
            if (count == max_characters) result.resize(shorter);
            return result.append(kEllipsis);
        }
        if (count + added == max_characters) shorter = result.size();
        if (blank_pending) result += ' ';
        result += bytes;
        count += added;
        blank_pending = false;
    }
    return result;
}

std::size_t character_count(std::string_view text) noexcept {
    return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

}  // namespace pipeline_forecast
