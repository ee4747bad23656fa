#include "poller/imports/encoding.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace poller::imports {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::uint32_t kLost = 0xFFFD;
constexpr std::size_t kLongestSequence = 4;
// As much as tells UTF-16 from text with a stray NUL.
constexpr std::uint64_t kStart = 64 * 1024;

// What Windows-1252 has at 0x80 to 0x9F; 0 where it has nothing.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                        0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

struct EncodingName {
    std::string_view name;  // letters and digits in lower case
    Encoding encoding;
};

constexpr std::array kNames{
    EncodingName{"utf8", Encoding::kUtf8},          EncodingName{"utf16", Encoding::kUtf16Le},
    EncodingName{"utf16le", Encoding::kUtf16Le},    EncodingName{"unicode", Encoding::kUtf16Le},
    EncodingName{"utf16be", Encoding::kUtf16Be},    EncodingName{"windows1252", Encoding::kWindows1252},
    EncodingName{"cp1252", Encoding::kWindows1252}, EncodingName{"ansi", Encoding::kWindows1252},
    EncodingName{"latin1", Encoding::kLatin1},      EncodingName{"iso88591", Encoding::kLatin1},
};

[[nodiscard]] std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::uint8_t>(text[at]);
}

// Printable or a control character other than NUL: most text is, eight bytes at a time.
[[nodiscard]] std::size_t plain_prefix(std::string_view bytes, std::size_t at) noexcept {
    constexpr std::uint64_t kHighs = 0x8080808080808080U;
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    const std::size_t start = at;
    while (at + sizeof(std::uint64_t) <= bytes.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        if (((word | ((word - kOnes) & ~word)) & kHighs) != 0) {
            break;
        }
        at += sizeof word;
    }
    while (at < bytes.size() && byte_at(bytes, at) < 0x80 && bytes[at] != '\0') {
        ++at;
    }
    return at - start;
}

struct Sequence {
    std::size_t length = 0;   // 0: no UTF-8 begins here
    bool unfinished = false;  // so far it is, and the text ends
};

// The sequence of several bytes that begins here, by the table of the Unicode standard.
[[nodiscard]] Sequence sequence_at(std::string_view bytes, std::size_t at) noexcept {
    const std::uint8_t first = byte_at(bytes, at);
    if (first < 0xC2 || first > 0xF4) {
        return {};
    }
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
    for (std::size_t next = 1; next < length; ++next) {
        if (at + next == bytes.size()) {
            return {0, true};
        }
        const std::uint8_t byte = byte_at(bytes, at + next);
        if (byte < low || byte > high) {
            return {};
        }
        low = 0x80;
        high = 0xBF;
    }
    return {length, false};
}

void append_character(std::string &text, std::uint32_t code) {
    if (code == 0) {
        code = kLost;
    }
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
    } else if (code < 0x10000) {
        text += {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
                 static_cast<char>(0x80 | (code & 0x3F))};
    } else {
        text += {static_cast<char>(0xF0 | (code >> 18)), static_cast<char>(0x80 | ((code >> 12) & 0x3F)),
                 static_cast<char>(0x80 | ((code >> 6) & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
    }
}

[[nodiscard]] std::optional<Encoding> mark_of(std::string_view bytes) noexcept {
    if (bytes.starts_with(kUtf8Mark)) return Encoding::kUtf8;
    if (bytes.starts_with("\xFF\xFE")) return Encoding::kUtf16Le;
    if (bytes.starts_with("\xFE\xFF")) return Encoding::kUtf16Be;
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Encoding encoding) noexcept {
    switch (encoding) {
        case Encoding::kUtf8: return "UTF-8";
        case Encoding::kUtf16Le: return "UTF-16LE";
        case Encoding::kUtf16Be: return "UTF-16BE";
        case Encoding::kWindows1252: return "Windows-1252";
        case Encoding::kLatin1: return "Latin-1";
    }
    return "";
}

std::optional<Encoding> parse_encoding(std::string_view name) {
    std::string plain;
    for (const char character : name) {
        if (std::isalnum(static_cast<unsigned char>(character)) != 0) {
            plain += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
        }
    }
    const auto found = std::ranges::find(kNames, std::string_view(plain), &EncodingName::name);
    return found == kNames.end() ? std::nullopt : std::optional(found->encoding);
}

void EncodingSurvey::look_at_start(std::string_view bytes) {
    if (seen_ == 0) {
        marked_ = mark_of(bytes);
    }
    const std::size_t end = std::min<std::size_t>(bytes.size(), kStart - seen_);
    for (std::size_t at = 0; at < end; ++at) {
        if (bytes[at] == '\0') {
            ++nul_at_[(seen_ + at) % 2];
        }
    }
}

void EncodingSurvey::look(std::string_view bytes) {
    if (seen_ < kStart) {
        look_at_start(bytes);
    }
    seen_ += bytes.size();
    std::string joined;
    if (!carried_.empty()) {
        joined = carried_ + std::string(bytes);
        carried_.clear();
        bytes = joined;
    }
    for (std::size_t at = plain_prefix(bytes, 0); at < bytes.size(); at += plain_prefix(bytes, at)) {
        if (bytes[at] == '\0') {
            ++at;
            continue;
        }
        const Sequence sequence = sequence_at(bytes, at);
        if (sequence.unfinished) {
            carried_ = bytes.substr(at);
            return;
        }
        if (sequence.length == 0) {
            ++wrong_;
            ++at;
        } else {
            ++letters_;
            at += sequence.length;
        }
    }
}

Encoding EncodingSurvey::verdict() const noexcept {
    if (marked_) {
        return *marked_;
    }
    const std::uint64_t pairs = std::min(seen_, kStart) / 2;
    // Of Latin letters nearly every second byte is NUL; of others the digits, delimiters and line ends.
    const auto tells_utf16 = [&](std::uint64_t ours, std::uint64_t others) {
        return ours > 2 && ours * 10 >= pairs && others * 20 <= ours;
    };
    if (tells_utf16(nul_at_[1], nul_at_[0])) return Encoding::kUtf16Le;
    if (tells_utf16(nul_at_[0], nul_at_[1])) return Encoding::kUtf16Be;
    return wrong_ > letters_ ? Encoding::kWindows1252 : Encoding::kUtf8;
}

std::string_view TextDecoder::without_mark(std::string_view text) {
    if (!started_ && !text.empty()) {
        started_ = true;
        if (text.starts_with(kUtf8Mark)) {
            text.remove_prefix(kUtf8Mark.size());
        }
    }
    return text;
}

std::string_view TextDecoder::decode(std::string_view bytes, bool is_last) {
    if (encoding_ == Encoding::kUtf8) {
        return without_mark(from_utf8(bytes, is_last));
    }
    text_.clear();
    if (encoding_ == Encoding::kWindows1252 || encoding_ == Encoding::kLatin1) {
        from_single_bytes(bytes);
        return text_;
    }
    from_utf16(bytes, is_last);
    return without_mark(text_);
}

std::string_view TextDecoder::from_utf8(std::string_view bytes, bool is_last) {
    std::string joined;
    if (!carried_.empty()) {
        joined = carried_ + std::string(bytes);
        carried_.clear();
        bytes = joined;
    }
    std::size_t at = 0;
    std::size_t copied = 0;
    text_.clear();
    while (true) {
        at += plain_prefix(bytes, at);
        if (at == bytes.size()) {
            break;
        }
        const Sequence sequence = sequence_at(bytes, at);
        if (sequence.unfinished && !is_last) {
            break;
        }
        if (sequence.length > 0) {
            at += sequence.length;
            continue;
        }
        text_.append(bytes, copied, at - copied).append(kLostCharacter);
        copied = ++at;
    }
    carried_ = bytes.substr(at);
    if (copied == 0 && joined.empty()) {
        return bytes.substr(0, at);  // as it is, which is the rule
    }
    text_.append(bytes, copied, at - copied);
    return text_;
}

void TextDecoder::append_unit(std::uint32_t unit) {
    const bool is_low = unit >= 0xDC00 && unit < 0xE000;
    if (high_ != 0) {
        append_character(text_, is_low ? 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00) : kLost);
        high_ = 0;
        if (is_low) {
            return;
        }
    }
    if (unit >= 0xD800 && unit < 0xDC00) {
        high_ = unit;
    } else {
        append_character(text_, is_low ? kLost : unit);
    }
}

void TextDecoder::from_utf16(std::string_view bytes, bool is_last) {
    const bool little = encoding_ == Encoding::kUtf16Le;
    std::size_t at = 0;
    const auto unit_of = [&](std::uint8_t first, std::uint8_t second) -> std::uint32_t {
        return little ? first | (second << 8) : second | (first << 8);
    };
    if (!carried_.empty() && !bytes.empty()) {
        append_unit(unit_of(byte_at(carried_, 0), byte_at(bytes, 0)));
        carried_.clear();
        at = 1;
    }
    for (; at + 1 < bytes.size(); at += 2) {
        append_unit(unit_of(byte_at(bytes, at), byte_at(bytes, at + 1)));
    }
    if (at < bytes.size()) {
        carried_ = bytes.substr(at);
    }
    if (is_last && (high_ != 0 || !carried_.empty())) {
        append_character(text_, kLost);
    }
}

void TextDecoder::from_single_bytes(std::string_view bytes) {
    const bool windows = encoding_ == Encoding::kWindows1252;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t plain = plain_prefix(bytes, at);
        text_.append(bytes, at, plain);
        at += plain;
        if (at < bytes.size()) {
            const std::uint8_t byte = byte_at(bytes, at++);
            append_character(text_, windows && byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte);
        }
    }
}

}  // namespace poller::imports
