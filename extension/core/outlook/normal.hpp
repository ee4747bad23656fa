// The standard normal distribution.
#pragma once

namespace pipeline_forecast::outlook {

// P(Z <= z).
[[nodiscard]] double normal_share(double z) noexcept;

// The z that is not exceeded with probability p; 0 < p < 1. Wichura's AS 241, to 16 digits.
[[nodiscard]] double normal_quantile(double p) noexcept;

}  // namespace pipeline_forecast::outlook
