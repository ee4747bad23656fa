// The headers in which monday.com says how much of each limit is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poller::monday {

// One policy of RateLimit ("minuteRate";r=990;t=12) or of RateLimit-Policy ("minuteRate";q=1000;w=60).
struct RateLimit {
    std::string name;
    std::optional<std::int64_t> remaining;
    std::optional<std::int64_t> resets_in_seconds;
    std::optional<std::int64_t> quota;
    std::optional<std::int64_t> window_seconds;
};

// IETF structured fields, read leniently: what cannot be read is left out, the rest stays.
[[nodiscard]] std::vector<RateLimit> read_rate_limits(std::string_view header);

}  // namespace poller::monday
