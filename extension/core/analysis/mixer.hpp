// A hash of numbers in 64 bits, the same on every machine; not for security.
#pragma once

#include <cstdint>

namespace pipeline_forecast::analysis {

class Mixer {
public:
    void add(std::uint64_t number) noexcept {
        state_ = (state_ ^ number) * 0x9E3779B97F4A7C15ULL;
        state_ ^= state_ >> 32;
    }
    void add(std::int64_t number) noexcept { add(static_cast<std::uint64_t>(number)); }
    [[nodiscard]] std::uint64_t value() const noexcept { return state_; }

private:
    std::uint64_t state_ = 0;
};

}  // namespace pipeline_forecast::analysis
