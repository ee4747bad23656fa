#include "pg/numeric_codec.hpp"

#include <cstring>

namespace pipeline_forecast::pg {
namespace {

// The layout of numeric on disk: a 16-bit header (short form) or header and weight (long form), then digits of
// base 10000, most significant first; digit i counts 10000^(weight - i).
constexpr std::uint16_t kFormMask = 0xC000;
constexpr std::uint16_t kSpecial = 0xC000;
constexpr std::uint16_t kShort = 0x8000;
constexpr std::uint16_t kLongNegative = 0x4000;
constexpr std::uint16_t kShortNegative = 0x2000;
constexpr std::uint16_t kShortWeightSign = 0x0040;
constexpr std::uint16_t kShortWeightMask = 0x003F;

constexpr int kDigitBase = 10'000;
// Two digits after the decimal point are kept, which is enough to round at scale 6.
constexpr int kLastExponent = -2;
constexpr std::int64_t kFractionUnit = 100'000'000;

constexpr std::int64_t power_of_ten(int exponent) {
    std::int64_t power = 1;
    for (; exponent > 0; --exponent) power *= 10;
    return power;
}

// Unaligned reads: a value stored in a row has a one-byte length header.
std::uint16_t read_u16(const char *bytes) {
    std::uint16_t value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

// The number in base 10000 shifted by the scale; empty where it has more digits before the point than `most_weight`
// tells.
std::optional<WideInteger> read_scaled(Datum value, int scale, int most_weight) {
    const auto *packed = reinterpret_cast<const varlena *>(PG_DETOAST_DATUM_PACKED(value));
    const char *bytes = VARDATA_ANY(packed);
    std::size_t size = VARSIZE_ANY_EXHDR(packed);

    const std::uint16_t header = read_u16(bytes);
    if ((header & kFormMask) == kSpecial) return std::nullopt;
    const bool is_short = (header & kFormMask) == kShort;
    const bool negative = is_short ? (header & kShortNegative) != 0 : (header & kFormMask) == kLongNegative;
    const int weight = is_short ? ((header & kShortWeightSign) != 0 ? ~static_cast<int>(kShortWeightMask) : 0) |
                                      (header & kShortWeightMask)
                                : static_cast<std::int16_t>(read_u16(bytes + 2));
    const std::size_t header_size = is_short ? 2 : 4;
    bytes += header_size;
    size -= header_size;

    if (weight > most_weight) return std::nullopt;
    const int digit_count = static_cast<int>(size / sizeof(std::int16_t));
    const auto digit_at = [&](int exponent) -> std::int64_t {
        const int index = weight - exponent;
        return index >= 0 && index < digit_count ? read_u16(bytes + index * 2) : 0;
    };

    WideInteger magnitude = 0;
    for (int exponent = weight; exponent >= kLastExponent; --exponent) {
        magnitude = magnitude * kDigitBase + digit_at(exponent);
    }
    const std::int64_t divisor = kFractionUnit / power_of_ten(scale);
    magnitude = (magnitude + divisor / 2) / divisor;
    return negative ? -magnitude : magnitude;
}

}  // namespace

std::optional<std::int64_t> scaled_from_numeric(Datum value, int scale) {
    // 10000^5 is beyond every result that is allowed.
    constexpr int kMostWeight = 4;
    const auto scaled = read_scaled(value, scale, kMostWeight);
    if (!scaled || *scaled > kLargestScaled || *scaled < -kLargestScaled) return std::nullopt;
    return static_cast<std::int64_t>(*scaled);
}

std::optional<WideInteger> wide_from_numeric(Datum value, int scale) {
    // 10000^7 with two digits behind the point is 10^36, and 128 bits hold 10^38.
    constexpr int kMostWeight = 6;
    return read_scaled(value, scale, kMostWeight);
}

Datum numeric_from_scaled(std::int64_t scaled, int scale) {
    return NumericGetDatum(int64_div_fast_to_numeric(scaled, scale));
}

Datum numeric_from_wide(WideInteger scaled, int scale) {
    if (scaled <= kLargestScaled && scaled >= -kLargestScaled) {
        return numeric_from_scaled(static_cast<std::int64_t>(scaled), scale);
    }
    // Two numbers of 64 bits: so many units of 10^18, and the rest.
    constexpr std::int64_t kUnit = 1'000'000'000'000'000'000;
    const Datum units = NumericGetDatum(int64_to_numeric(static_cast<std::int64_t>(scaled / kUnit)));
    const Datum size = numeric_from_scaled(kUnit, scale);
    const Datum rest = numeric_from_scaled(static_cast<std::int64_t>(scaled % kUnit), scale);
    return DirectFunctionCall2(numeric_add, DirectFunctionCall2(numeric_mul, units, size), rest);
}

}  // namespace pipeline_forecast::pg
