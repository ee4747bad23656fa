#include "core/analysis/packed_column.hpp"

#include <algorithm>

#include "core/input_error.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr std::size_t kBaseWidth = 8;

std::size_t width_for(std::uint64_t largest) noexcept {
    if (largest == 0) return 0;
    if (largest <= UINT8_MAX) return 1;
    if (largest <= UINT16_MAX) return 2;
    return largest <= UINT32_MAX ? 4 : 8;
}

}  // namespace

void refuse_packed() {
    throw InputError("XX001", "a piece of analysis_digest is damaged",
                     "Call pipeline_setup(), which fills it from projects.");
}

std::uint64_t PackedReader::number(std::size_t width) {
    const std::string_view bytes = text(width);
    std::uint64_t number = 0;
    for (std::size_t i = width; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

std::string_view PackedReader::text(std::size_t length) {
    if (length > rest_.size()) refuse_packed();
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
}

void append_number(std::string &bytes, std::uint64_t number, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
}

PackedColumn::PackedColumn(PackedReader &reader, std::size_t rows)
    : base_(reader.number(kBaseWidth)), width_(reader.number(1)) {
    if (width_ > 8 || width_ == 3 || (width_ > 4 && width_ < 8)) refuse_packed();
    bytes_ = reader.text(width_ * rows);
}

void append_column(std::string &bytes, std::span<const std::int64_t> values, std::size_t least_width) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const std::uint64_t base = values.empty() ? 0 : static_cast<std::uint64_t>(*least);
    const std::size_t width =
        values.empty() ? 0 : std::max(least_width, width_for(static_cast<std::uint64_t>(*most) - base));
    append_number(bytes, base, kBaseWidth);
    append_number(bytes, width, 1);
    for (const std::int64_t value : values) append_number(bytes, static_cast<std::uint64_t>(value) - base, width);
}

}  // namespace pipeline_forecast::analysis
