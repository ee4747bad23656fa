#include "core/import/letters.hpp"

#include <algorithm>
#include <array>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// What stands for U+00C0 to U+017F; a point where the character is no letter, '*' where it is two.
constexpr std::string_view kBaseLetters =
    "aaaaaa*ceeeeiiiidnooooo.ouuuuyt*aaaaaa*ceeeeiiiidnooooo.ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkklllllll"
    "lllnnnnnnnnnoooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kBaseLetters.size() == 0x180 - 0xC0);

constexpr std::array<std::string_view, 10> kSpaces{" ",      "\t",     "\n",     "\r",     "\u00a0",
                                                   "\u202f", "\u2009", "\u200e", "\u200f", "\ufeff"};

std::string_view two_letters(char32_t code) noexcept {
    switch (code) {
        case 0xC6:
        case 0xE6: return "ae";
        case 0xDF: return "ss";
        case 0x132:
        case 0x133: return "ij";
        case 0x152:
        case 0x153: return "oe";
        default: return "";
    }
}

}  // namespace

std::string folded(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 'A' && byte <= 'Z') {
            result += static_cast<char>(byte - 'A' + 'a');
            continue;
        }
        // The two-byte characters of these letters begin with C3, C4 or C5.
        if (byte >= 0xC3 && byte <= 0xC5 && i + 1 < text.size()) {
            const auto code =
                static_cast<char32_t>(((byte & 0x1FU) << 6) | (static_cast<unsigned char>(text[i + 1]) & 0x3FU));
            const char base = kBaseLetters[code - 0xC0];
            if (base == '*') {
                result += two_letters(code);
            } else if (base == '.') {
                result.append(text.substr(i, 2));
            } else {
                result += base;
            }
            ++i;
            continue;
        }
        result += text[i];
    }
    return result;
}

std::size_t leading_space(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const char first = text.front();
    if (first > ' ' && first < 0x7F) return 0;
    const auto found = std::ranges::find_if(kSpaces, [&](std::string_view space) { return text.starts_with(space); });
    return found == kSpaces.end() ? 0 : found->size();
}

std::string_view stripped(std::string_view text) noexcept {
    while (const std::size_t length = leading_space(text)) text.remove_prefix(length);
    for (bool found = true; found && !text.empty();) {
        const char last = text.back();
        if (last > ' ' && last < 0x7F) break;
        const auto space = std::ranges::find_if(kSpaces, [&](std::string_view one) { return text.ends_with(one); });
        found = space != kSpaces.end();
        if (found) text.remove_suffix(space->size());
    }
    return text;
}

}  // namespace pipeline_forecast
