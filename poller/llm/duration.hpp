// Durations as providers write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace poller::llm {

// Like Go: "12ms", "1s", "6m0s", "1h2m3.5s", "46s". Nothing for what is not one, or is negative; at most a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace poller::llm
