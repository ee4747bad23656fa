#include "core/interrupts.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

void (*interrupt_check)() = nullptr;

}  // namespace

void set_interrupt_check(void (*check)()) noexcept { interrupt_check = check; }

void check_interrupts() {
    if (interrupt_check != nullptr) interrupt_check();
}

}  // namespace pipeline_forecast
