// The language model that the settings name.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "poller/config/settings.hpp"
#include "poller/llm/dialect.hpp"

namespace poller::llm {

struct Service {
    std::string provider;  // as in llm_call: gemini, openai, anthropic
    std::unique_ptr<Dialect> dialect;
    Endpoint endpoint;
    std::chrono::milliseconds timeout{};
};

// LLM_PROVIDER, or else the first of gemini, openai and anthropic that has a model and, unless it is a server of one's
// own, a key. Nothing where there is none. ConfigError where the named provider lacks something.
[[nodiscard]] std::optional<Service> configured_service(const Settings &settings);

}  // namespace poller::llm
