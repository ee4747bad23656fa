// A short, stable name for a set of inputs: equal inputs give equal text on every machine and version. For telling
// whether something changed, not for security.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pipeline_forecast {

// FNV-1a with 128 bits.
class Fingerprint {
public:
    Fingerprint &add(std::string_view text) noexcept {
        // The length first, so that ("ab", "c") and ("a", "bc") differ.
        add(static_cast<std::int64_t>(text.size()));
        for (const char character : text) add_byte(static_cast<unsigned char>(character));
        return *this;
    }

    Fingerprint &add(std::int64_t number) noexcept {
        for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<unsigned char>(number >> shift));
        return *this;
    }

    // 32 hexadecimal digits.
    [[nodiscard]] std::string hex() const {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string text;
        for (int shift = 124; shift >= 0; shift -= 4) text += kDigits[static_cast<std::size_t>(state_ >> shift) & 0xF];
        return text;
    }

private:
    __extension__ using State = unsigned __int128;

    void add_byte(unsigned char byte) noexcept {
        state_ ^= byte;
        state_ *= kPrime;
    }

    static constexpr State kPrime = (State{1} << 88) + 0x13B;
    State state_ = (State{0x6c62272e07bb0142ULL} << 64) + 0x62b821756295c58dULL;
};

}  // namespace pipeline_forecast
