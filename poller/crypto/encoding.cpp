#include "poller/crypto/encoding.hpp"

#include <array>
#include <cstdint>

namespace poller {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int, 256> values_of_digits(std::string_view digits) {
    std::array<int, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < digits.size(); ++i) values[static_cast<unsigned char>(digits[i])] = static_cast<int>(i);
    return values;
}

constexpr std::array<int, 256> hex_values() {
    auto values = values_of_digits(kHexDigits);
    for (char digit = 'A'; digit <= 'F'; ++digit) {
        values[static_cast<unsigned char>(digit)] = digit - 'A' + 10;
    }
    return values;
}

constexpr auto kHexValues = hex_values();
constexpr auto kBase64Values = values_of_digits(kBase64Digits);

}  // namespace

std::string to_hex(const Digest &digest) {
    std::string text;
    text.reserve(2 * digest.bytes.size());
    for (const unsigned char byte : digest.bytes) {
        text += kHexDigits[byte >> 4];
        text += kHexDigits[byte & 15];
    }
    return text;
}

std::optional<Digest> digest_from_hex(std::string_view text) {
    Digest digest;
    if (text.size() != 2 * digest.bytes.size()) return std::nullopt;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        const int high = kHexValues[static_cast<unsigned char>(text[2 * i])];
        const int low = kHexValues[static_cast<unsigned char>(text[2 * i + 1])];
        if (high < 0 || low < 0) return std::nullopt;
        digest.bytes[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return digest;
}

std::string to_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t waiting = 0;
    int bits = 0;
    for (const char byte : bytes) {
        waiting = waiting << 8 | static_cast<unsigned char>(byte);
        for (bits += 8; bits >= 6; bits -= 6) text += kBase64Digits[waiting >> (bits - 6) & 63];
    }
    if (bits > 0) text += kBase64Digits[waiting << (6 - bits) & 63];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t waiting = 0;
    int bits = 0;
    for (const char digit : text) {
        const int value = kBase64Values[static_cast<unsigned char>(digit)];
        if (value < 0) return std::nullopt;
        waiting = waiting << 6 | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(waiting >> bits & 255);
        }
    }
    // A lone digit says less than a byte, and the bits that are left over have to be zero.
    if (bits >= 6 || (waiting & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

}  // namespace poller
