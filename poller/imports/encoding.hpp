// How the bytes of a file are letters: recognised by all of them, and turned into UTF-8 piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace poller::imports {

enum class Encoding { kUtf8, kUtf16Le, kUtf16Be, kWindows1252, kLatin1 };

// What stands for bytes that are no text in the encoding, NUL among them.
inline constexpr std::string_view kLostCharacter = "\xEF\xBF\xBD";

[[nodiscard]] std::string_view to_string(Encoding encoding) noexcept;
// Any spelling in use: "UTF-8", "utf8", "cp1252", "ISO-8859-1" …
[[nodiscard]] std::optional<Encoding> parse_encoding(std::string_view name);

// Looks at every byte of a file, in pieces, and says what it most likely is: what a byte order mark says; UTF-16 where
// every second byte is mostly NUL; UTF-8 where what is valid outweighs what is not; Windows-1252 (of which Latin-1 is a
// part wherever both are printable) otherwise.
class EncodingSurvey {
public:
    void look(std::string_view bytes);
    [[nodiscard]] Encoding verdict() const noexcept;
    // The bytes of the mark at the beginning, which belong to no text.
    [[nodiscard]] bool has_byte_order_mark() const noexcept { return marked_.has_value(); }

private:
    void look_at_start(std::string_view bytes);

    std::optional<Encoding> marked_;
    std::uint64_t seen_ = 0;
    std::array<std::uint64_t, 2> nul_at_{};  // at even and at odd places
    std::uint64_t letters_ = 0;              // sequences of several bytes that are valid UTF-8
    std::uint64_t wrong_ = 0;                // bytes that are no UTF-8
    std::string carried_;                    // the beginning of a sequence that the next piece ends
};

// A byte order mark at the beginning is left out.
class TextDecoder {
public:
    explicit TextDecoder(Encoding encoding) : encoding_(encoding) {}

    // The next piece as UTF-8, valid until the next call; the last one ends what was begun. Each byte that is no text
    // becomes one kLostCharacter.
    [[nodiscard]] std::string_view decode(std::string_view bytes, bool is_last);

private:
    [[nodiscard]] std::string_view from_utf8(std::string_view bytes, bool is_last);
    void from_utf16(std::string_view bytes, bool is_last);
    void from_single_bytes(std::string_view bytes);
    void append_unit(std::uint32_t unit);
    [[nodiscard]] std::string_view without_mark(std::string_view text);

    Encoding encoding_;
    bool started_ = false;
    std::string carried_;     // bytes of an unfinished sequence
    std::uint32_t high_ = 0;  // the first half of a surrogate pair
    std::string text_;
};

}  // namespace poller::imports
