// The rounding of every figure that the analysis reports: half to even, decided on the exact binary value.
#pragma once

namespace pipeline_forecast::analysis {

// To the nearest whole number; 0.5 and 2.5 become 0 and 2. |value| < 2^31.
[[nodiscard]] int round_half_even(double value) noexcept;

// To `decimals` (0 to 15) decimal places of the exact value of the double, so 2.675, which is stored a little below,
// becomes 2.67, and 0.125, which is stored exactly, becomes 0.12. value must be finite.
[[nodiscard]] double round_half_even(double value, int decimals) noexcept;

}  // namespace pipeline_forecast::analysis
