// The dialects themselves; made by make_dialect().
#pragma once

#include "poller/llm/dialect.hpp"

namespace poller::llm {

// POST {base}/models/{model}:generateContent
class Gemini final : public Dialect {
public:
    [[nodiscard]] http::Call request(const Prompt &prompt, const Endpoint &endpoint) const override;
    [[nodiscard]] Answer read(const http::Reply &response, std::chrono::system_clock::time_point now) const override;
};

// POST {base}/chat/completions, of OpenAI and of the many servers that speak like it.
class OpenAiChat final : public Dialect {
public:
    [[nodiscard]] http::Call request(const Prompt &prompt, const Endpoint &endpoint) const override;
    [[nodiscard]] Answer read(const http::Reply &response, std::chrono::system_clock::time_point now) const override;
};

// POST {base}/responses
class OpenAiResponses final : public Dialect {
public:
    [[nodiscard]] http::Call request(const Prompt &prompt, const Endpoint &endpoint) const override;
    [[nodiscard]] Answer read(const http::Reply &response, std::chrono::system_clock::time_point now) const override;
};

// POST {base}/messages
class Anthropic final : public Dialect {
public:
    [[nodiscard]] http::Call request(const Prompt &prompt, const Endpoint &endpoint) const override;
    [[nodiscard]] Answer read(const http::Reply &response, std::chrono::system_clock::time_point now) const override;
};

}  // namespace poller::llm
