// Columns of integers in as few bytes as their values allow, in an order of bytes that every machine reads alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pipeline_forecast::analysis {

// Throws InputError (XX001): the bytes are not what was packed.
[[noreturn]] void refuse_packed();

// Reads what the functions below append. Refuses bytes that end too early.
class PackedReader {
public:
    explicit PackedReader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] std::uint64_t number(std::size_t width);  // 1 to 8 bytes
    [[nodiscard]] std::string_view text(std::size_t length);
    [[nodiscard]] std::size_t size() const noexcept { return rest_.size(); }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
};

void append_number(std::string &bytes, std::uint64_t number, std::size_t width);

// base + an unsigned number of 0, 1, 2, 4 or 8 bytes for each row. Refers to the bytes that it was read from.
class PackedColumn {
public:
    PackedColumn() = default;
    PackedColumn(PackedReader &reader, std::size_t rows);

    [[nodiscard]] std::size_t width() const noexcept { return width_; }

    [[nodiscard]] std::int64_t operator[](std::size_t row) const noexcept {
        // Unsigned, so that the sum wraps around like the difference that was stored.
        return static_cast<std::int64_t>(base_ + offset(row));
    }

private:
    [[nodiscard]] std::uint64_t offset(std::size_t row) const noexcept {
        switch (width_) {
            case 0: return 0;
            case 1: return byte(row);
            case 2: return byte(2 * row) | byte(2 * row + 1) << 8;
            case 4: return four_bytes(4 * row);
            default: return four_bytes(8 * row) | four_bytes(8 * row + 4) << 32;
        }
    }
    [[nodiscard]] std::uint64_t byte(std::size_t at) const noexcept { return static_cast<unsigned char>(bytes_[at]); }
    [[nodiscard]] std::uint64_t four_bytes(std::size_t at) const noexcept {
        return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    }

    std::uint64_t base_ = 0;
    std::size_t width_ = 0;
    std::string_view bytes_;
};

// Of at least so many bytes for each row.
void append_column(std::string &bytes, std::span<const std::int64_t> values, std::size_t least_width = 0);

}  // namespace pipeline_forecast::analysis
