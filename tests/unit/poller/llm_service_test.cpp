#include "poller/llm/service.hpp"

#include <gtest/gtest.h>

#include "poller/errors.hpp"

namespace poller::llm {
namespace {

Settings settings() {
    Settings result;
    result.llm_schema_mode = "plain";
    result.llm_max_output_tokens = 777;
    result.llm_timeout = std::chrono::seconds{9};
    result.gemini_base_url = "https://gemini.example.com";
    result.openai_base_url = "https://api.openai.com/v1";
    result.openai_api = "chat";
    result.anthropic_base_url = "https://anthropic.example.com";
    return result;
}

TEST(LlmService, NothingIsConfigured) {
    EXPECT_FALSE(configured_service(settings()));
    Settings incomplete = settings();
    incomplete.openai_model = "m";
    EXPECT_FALSE(configured_service(incomplete)) << "OpenAI asks for a key";
}

TEST(LlmService, TheFirstThatIsComplete) {
    Settings two = settings();
    two.gemini_api_key = "only a key";
    two.openai_api_key = "k";
    two.openai_model = "m";
    two.anthropic_api_key = "k";
    two.anthropic_model = "m";
    const auto service = configured_service(two);
    ASSERT_TRUE(service);
    EXPECT_EQ(service->provider, "openai");
    EXPECT_EQ(service->endpoint.base_url, "https://api.openai.com/v1");
    EXPECT_EQ(service->endpoint.max_output_tokens, 777);
    EXPECT_EQ(service->endpoint.schema_mode, SchemaMode::kPlain);
    EXPECT_EQ(service->timeout, std::chrono::seconds{9});
}

TEST(LlmService, AServerOfOnesOwnNeedsNoKey) {
    Settings local = settings();
    local.openai_base_url = "http://127.0.0.1:11434/v1";
    local.openai_model = "m";
    const auto service = configured_service(local);
    ASSERT_TRUE(service);
    EXPECT_EQ(service->endpoint.api_key, "");
}

TEST(LlmService, TheNamedOneOrNone) {
    Settings named = settings();
    named.openai_api_key = "k";
    named.openai_model = "m";
    named.llm_provider = "anthropic";
    EXPECT_THROW(static_cast<void>(configured_service(named)), ConfigError);
    named.anthropic_model = "m";
    EXPECT_THROW(static_cast<void>(configured_service(named)), ConfigError);
    named.anthropic_api_key = "k";
    EXPECT_EQ(configured_service(named)->provider, "anthropic");
}

}  // namespace
}  // namespace poller::llm
