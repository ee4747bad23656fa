// Loops that foreign data can lengthen ask now and then whether somebody wants them to end.
#pragma once

#include <cstddef>

namespace pipeline_forecast {

// What asks; it ends the loop by an exception. The extension sets one that looks at the server's interrupts. Without
// one nothing ends a loop.
void set_interrupt_check(void (*check)()) noexcept;

void check_interrupts();

// Of each row of a loop; asks at a few of them.
inline void check_interrupts(std::size_t row) {
    constexpr std::size_t kRowsBetween = 4096;
    if (row % kRowsBetween == kRowsBetween - 1) check_interrupts();
}

}  // namespace pipeline_forecast
