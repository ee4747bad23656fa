// The mean of amounts, whatever their number and order.
#pragma once

#include <cstdint>
#include <optional>

#include "core/fixed_point.hpp"

namespace pipeline_forecast::analysis {

class ValueMean {
public:
    void add(Money value) noexcept {
        cents_ += value.cents;
        ++count_;
    }
    // Undoes an add().
    void remove(Money value) noexcept {
        cents_ -= value.cents;
        --count_;
    }

    // Absent without values.
    [[nodiscard]] std::optional<double> cents() const noexcept {
        if (count_ <= 0) return std::nullopt;
        return static_cast<double>(cents_) / static_cast<double>(count_);
    }

private:
    __extension__ using Sum = __int128;  // many large values would leave 64 bits

    Sum cents_ = 0;
    std::int64_t count_ = 0;
};

}  // namespace pipeline_forecast::analysis
