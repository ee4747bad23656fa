// Letters as they are compared: words in files are written with and without capitals and accents. Titles and labels, of
// which there are few, are compared in every script by core/recognition/folded_text.hpp, which takes some thirty times
// as long (2 µs a word): too long for every month and unit among millions of values.
#pragma once

#include <string>
#include <string_view>

namespace pipeline_forecast {

// Latin letters in lower case without accents; every other byte stays as it is.
[[nodiscard]] std::string folded(std::string_view text);

// Without white space of any kind and invisible marks at both ends: no-break spaces, the marks of writing directions,
// the byte order mark.
[[nodiscard]] std::string_view stripped(std::string_view text) noexcept;

// The bytes of the white space or invisible mark at the beginning of the text; 0 where there is none.
[[nodiscard]] std::size_t leading_space(std::string_view text) noexcept;

[[nodiscard]] constexpr bool is_ascii_digit(char character) noexcept { return character >= '0' && character <= '9'; }

[[nodiscard]] constexpr bool is_ascii_letter(char character) noexcept {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

}  // namespace pipeline_forecast
