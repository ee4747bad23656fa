// Failures of OpenAI, the same for both of its interfaces, and of servers that speak like it.
#pragma once

#include "poller/llm/dialect.hpp"

namespace poller::llm {

// The response is of any status but 200.
[[nodiscard]] Answer read_openai_failure(const http::Reply &response, std::chrono::system_clock::time_point now);

[[nodiscard]] http::Headers openai_headers(const Endpoint &endpoint);

}  // namespace poller::llm
