#include "core/recognition/folded_text.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// A title that is longer is none.
constexpr std::size_t kLongestTitleBytes = 400;

// Letters with a stroke are letters of their own to Unicode, and an l or o to whoever types without them.
struct Stroke {
    UChar32 letter;
    char16_t plain;
};
constexpr std::array kStrokes{Stroke{U'ł', u'l'}, Stroke{U'ø', u'o'}, Stroke{U'đ', u'd'}, Stroke{U'ı', u'i'}};

// What stands within a word without being a part of it.
bool is_apostrophe(UChar32 character) {
    constexpr std::u32string_view apostrophes = U"'\"’‘ʼ`´׳״";
    return apostrophes.find(static_cast<char32_t>(character)) != std::u32string_view::npos;
}

// nullptr where the library has no such data, which only a broken installation lacks: text is then taken as it is.
const icu::Normalizer2 *case_folding() {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2 *found = icu::Normalizer2::getNFKCCasefoldInstance(status);
    return U_SUCCESS(status) != 0 ? found : nullptr;
}

const icu::Normalizer2 *decomposition() {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2 *found = icu::Normalizer2::getNFDInstance(status);
    return U_SUCCESS(status) != 0 ? found : nullptr;
}

icu::UnicodeString normalized(icu::UnicodeString text, const icu::Normalizer2 *by) {
    if (by == nullptr) return text;
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeString result = by->normalize(text, status);
    return U_SUCCESS(status) != 0 ? result : text;
}

UChar32 without_stroke(UChar32 character) {
    const auto found = std::ranges::find(kStrokes, character, &Stroke::letter);
    return found == kStrokes.end() ? character : found->plain;
}

}  // namespace

std::vector<std::string> folded_words(std::string_view text) {
    text = text.substr(0, kLongestTitleBytes);
    const auto size = static_cast<std::int32_t>(text.size());
    icu::UnicodeString folded = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), size));
    folded = normalized(normalized(std::move(folded), case_folding()), decomposition());

    std::vector<std::string> words;
    icu::UnicodeString word;
    const auto end_word = [&] {
        if (!word.isEmpty()) word.toUTF8String(words.emplace_back());
        word.remove();
    };
    for (std::int32_t at = 0; at < folded.length(); at = folded.moveIndex32(at, 1)) {
        const UChar32 character = folded.char32At(at);
        if (u_isalnum(character) != 0) {
            word.append(without_stroke(character));
        } else if (u_charType(character) != U_NON_SPACING_MARK && !is_apostrophe(character)) {
            end_word();
        }
    }
    end_word();
    return words;
}

std::string joined(const std::vector<std::string> &words) {
    std::string text;
    for (const std::string &word : words) text += word;
    return text;
}

}  // namespace pipeline_forecast
