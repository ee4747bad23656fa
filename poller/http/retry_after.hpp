// How long a server asks to be left alone.
#pragma once

#include <chrono>
#include <optional>

#include "poller/http/message.hpp"

namespace poller::http {

// From retry-after-ms, or Retry-After in seconds or as a date. A date counts from the answer's own Date where it has
// one, so that the clocks of two machines are not compared; else from now. Never negative, at most a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(const Headers &headers,
                                                                   std::chrono::system_clock::time_point now);

}  // namespace poller::http
