#include <gtest/gtest.h>

#include <regex>

#include "llm_prompt.hpp"
#include "llm_schema_rules.hpp"

namespace poller::llm {
namespace {

using Violations = std::vector<std::string>;

struct Sent {
    http::Call request;
    nlohmann::ordered_json body;
};

Sent sent(const char *dialect, const Endpoint &to) {
    Sent result{make_dialect(dialect)->request(prompt(), to), {}};
    result.body = nlohmann::ordered_json::parse(result.request.body);
    EXPECT_EQ(result.request.method, "POST");
    EXPECT_EQ(http::find_header(result.request.headers, "content-type"), "application/json");
    // Nothing may ask for tools that act, or hold the key.
    EXPECT_EQ(result.request.body.find(to.api_key), std::string::npos);
    EXPECT_EQ(result.request.url.find(to.api_key), std::string::npos);
    return result;
}

// The checks themselves: a checker that accepts anything would prove nothing.
TEST(LlmSchemaRules, AWrongSchemaIsFound) {
    const Schema open = Schema::parse(R"({"type":"object","properties":{"a":{"type":"string"}},"required":[]})");
    EXPECT_EQ(violations_of(open, openai_rules()), (Violations{": open object", ": a not required"}));
    EXPECT_EQ(violations_of(open, anthropic_rules()), Violations{": open object"});
    const Schema exotic = Schema::parse(
        R"({"type":"object","additionalProperties":false,"required":["a"],
            "properties":{"a":{"type":["integer","null"],"not":{},"enum":[1]}}})");
    EXPECT_EQ(violations_of(exotic, openai_rules()), (Violations{"/a: keyword not", "/a: type \"\""}));
    EXPECT_EQ(violations_of(exotic, gemini_openapi_rules()),
              (Violations{": keyword additionalProperties", "/a: keyword not", "/a: type \"\"",
                          "/a: enumeration of other than texts"}));
    EXPECT_EQ(violations_of(Schema::parse("[]"), openai_rules()), Violations{"the root is no object"});
}

TEST(LlmRequest, GeminiStrict) {
    const auto [request, body] = sent("gemini", endpoint());
    EXPECT_EQ(request.url, "https://llm.example.com/v1/models/model-1:generateContent");
    EXPECT_EQ(http::find_header(request.headers, "x-goog-api-key"), "key-1");
    EXPECT_EQ(body["systemInstruction"]["parts"][0]["text"], "Explain.");
    EXPECT_EQ(body["contents"].size(), 1U);
    EXPECT_EQ(body["contents"][0]["role"], "user");
    EXPECT_EQ(body["contents"][0]["parts"][0]["text"], prompt().user);
    const auto &generation = body["generationConfig"];
    EXPECT_EQ(generation["maxOutputTokens"], 1234);
    EXPECT_EQ(generation["responseMimeType"], "application/json");
    EXPECT_FALSE(generation.contains("responseSchema"));
    EXPECT_FALSE(generation.contains("temperature"));
    EXPECT_EQ(violations_of(generation["responseJsonSchema"], gemini_json_schema_rules()), Violations{});
}

TEST(LlmRequest, GeminiPlainUsesTheOpenApiForm) {
    const auto body = sent("gemini", endpoint(SchemaMode::kPlain)).body;
    const auto &generation = body["generationConfig"];
    EXPECT_EQ(generation["responseMimeType"], "application/json");
    EXPECT_FALSE(generation.contains("responseJsonSchema"));
    const auto &schema = generation["responseSchema"];
    EXPECT_EQ(violations_of(schema, gemini_openapi_rules()), Violations{});
    EXPECT_EQ(schema["propertyOrdering"][0], "summary");
    const auto &adjustment = schema["properties"]["adjustments"]["properties"]["rating_adjustment"];
    EXPECT_EQ(adjustment["minimum"], -5);
    EXPECT_EQ(adjustment["maximum"], 5);
}

TEST(LlmRequest, GeminiModelMayCarryItsPrefix) {
    Endpoint to = endpoint();
    to.model = "models/model-2";
    EXPECT_EQ(sent("gemini", to).request.url, "https://llm.example.com/v1/models/model-2:generateContent");
}

TEST(LlmRequest, OpenAiChatStrict) {
    const auto [request, body] = sent("openai_chat", endpoint());
    EXPECT_EQ(request.url, "https://llm.example.com/v1/chat/completions");
    EXPECT_EQ(http::find_header(request.headers, "authorization"), "Bearer key-1");
    EXPECT_EQ(body["model"], "model-1");
    EXPECT_EQ(body["messages"].size(), 2U);
    EXPECT_EQ(body["messages"][0]["role"], "system");
    EXPECT_EQ(body["messages"][0]["content"], "Explain.");
    EXPECT_EQ(body["messages"][1]["role"], "user");
    EXPECT_EQ(body["messages"][1]["content"], prompt().user);
    EXPECT_EQ(body["response_format"]["type"], "json_schema");
    const auto &format = body["response_format"]["json_schema"];
    EXPECT_EQ(format["strict"], true);
    EXPECT_TRUE(std::regex_match(format["name"].get<std::string>(), std::regex("[A-Za-z0-9_-]{1,64}")));
    EXPECT_EQ(violations_of(format["schema"], openai_rules()), Violations{});
    EXPECT_EQ(body["max_tokens"], 1234) << "a server that is not OpenAI's";
}

TEST(LlmRequest, OpenAiTakesTheNewNameOfTheCap) {
    Endpoint to = endpoint();
    to.base_url = "https://api.openai.com/v1";
    const auto body = sent("openai_chat", to).body;
    EXPECT_EQ(body["max_completion_tokens"], 1234);
    EXPECT_FALSE(body.contains("max_tokens"));
}

TEST(LlmRequest, OpenAiChatWithoutStrictPutsTheSchemaIntoThePrompt) {
    const auto plain = sent("openai_chat", endpoint(SchemaMode::kPlain)).body;
    EXPECT_EQ(plain["response_format"]["type"], "json_object");
    EXPECT_NE(plain["messages"][0]["content"].get<std::string>().find("\"rating_adjustment\""), std::string::npos);
    const auto none = sent("openai_chat", endpoint(SchemaMode::kNone)).body;
    EXPECT_FALSE(none.contains("response_format"));
    EXPECT_NE(none["messages"][0]["content"].get<std::string>().find("\"rating_adjustment\""), std::string::npos);
}

TEST(LlmRequest, ALocalServerNeedsNoKey) {
    Endpoint to = endpoint();
    to.api_key.clear();
    const http::Call request = make_dialect("openai_chat")->request(prompt(), to);
    EXPECT_EQ(http::find_header(request.headers, "authorization"), std::nullopt);
}

TEST(LlmRequest, OpenAiResponsesStrict) {
    const auto [request, body] = sent("openai_responses", endpoint());
    EXPECT_EQ(request.url, "https://llm.example.com/v1/responses");
    EXPECT_EQ(http::find_header(request.headers, "authorization"), "Bearer key-1");
    EXPECT_EQ(body["instructions"], "Explain.");
    EXPECT_EQ(body["input"], prompt().user);
    EXPECT_EQ(body["max_output_tokens"], 1234);
    EXPECT_EQ(body["store"], false) << "customers' data must not be kept";
    const auto &format = body["text"]["format"];
    EXPECT_EQ(format["type"], "json_schema");
    EXPECT_EQ(format["strict"], true);
    EXPECT_TRUE(format["name"].is_string());
    EXPECT_EQ(violations_of(format["schema"], openai_rules()), Violations{});
}

TEST(LlmRequest, AnthropicStrict) {
    const auto [request, body] = sent("anthropic", endpoint());
    EXPECT_EQ(request.url, "https://llm.example.com/v1/messages");
    EXPECT_EQ(http::find_header(request.headers, "x-api-key"), "key-1");
    EXPECT_EQ(http::find_header(request.headers, "anthropic-version"), "2023-06-01");
    EXPECT_EQ(body["max_tokens"], 1234);
    EXPECT_EQ(body["system"], "Explain.");
    EXPECT_EQ(body["messages"].size(), 1U);
    EXPECT_EQ(body["messages"][0]["role"], "user");
    EXPECT_EQ(body["output_config"]["format"]["type"], "json_schema");
    EXPECT_EQ(violations_of(body["output_config"]["format"]["schema"], anthropic_rules()), Violations{});
    EXPECT_FALSE(body.contains("tools"));
}

TEST(LlmRequest, AnthropicPlainForcesATool) {
    const auto body = sent("anthropic", endpoint(SchemaMode::kPlain)).body;
    EXPECT_FALSE(body.contains("output_config"));
    EXPECT_EQ(body["tools"].size(), 1U);
    EXPECT_EQ(body["tool_choice"]["type"], "tool");
    EXPECT_EQ(body["tool_choice"]["name"], body["tools"][0]["name"]);
    EXPECT_EQ(body["tools"][0]["input_schema"]["type"], "object");
}

TEST(LlmRequest, TemperatureIsSentOnlyWhereItIsSet) {
    for (const char *dialect : {"openai_chat", "openai_responses", "anthropic"}) {
        Endpoint to = endpoint();
        EXPECT_FALSE(sent(dialect, to).body.contains("temperature")) << dialect;
        to.temperature = 0.0;
        EXPECT_EQ(sent(dialect, to).body["temperature"], 0.0) << dialect;
    }
}

TEST(LlmRequest, TheSchemaKeepsTheOrderOfItsProperties) {
    const std::string body = sent("openai_chat", endpoint()).request.body;
    EXPECT_LT(body.find("\"summary\":"), body.find("\"reasoning\":"));
    EXPECT_LT(body.find("\"reasoning\":"), body.find("\"adjustments\":"));
}

TEST(LlmRequest, BytesThatAreNoTextDoNotBreakIt) {
    Prompt broken = prompt();
    broken.user = "a\xff";
    for (const char *dialect : {"gemini", "openai_chat", "openai_responses", "anthropic"}) {
        const std::string body = make_dialect(dialect)->request(broken, endpoint()).body;
        EXPECT_NE(body.find("a\ufffd"), std::string::npos) << dialect;
    }
}

TEST(LlmDialect, OnlyKnownNames) {
    EXPECT_EQ(make_dialect("cohere"), nullptr);
    EXPECT_EQ(parse_schema_mode("strict"), SchemaMode::kStrict);
    EXPECT_EQ(parse_schema_mode("loose"), std::nullopt);
}

}  // namespace
}  // namespace poller::llm
