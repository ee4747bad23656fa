// What every dialect makes of the texts that models write, and of errors that come with status 200.
#include "poller/llm/answer_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <array>

#include "llm_answer_cases.hpp"
#include "poller/llm/exchange.hpp"

namespace poller::llm {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::array<const char *, 4> kDialects{"gemini", "openai_chat", "openai_responses", "anthropic"};

// A response of the dialect in which the model wrote this.
std::string body_with(std::string_view dialect, const std::string &text) {
    if (dialect == "gemini") {
        return json{{"candidates", {{{"finishReason", "STOP"}, {"content", {{"parts", {{{"text", text}}}}}}}}}}.dump();
    }
    if (dialect == "openai_chat") {
        return json{{"choices", {{{"finish_reason", "stop"}, {"message", {{"content", text}}}}}}}.dump();
    }
    if (dialect == "openai_responses") {
        const json part = {{"type", "output_text"}, {"text", text}};
        return json{{"status", "completed"}, {"output", {{{"type", "message"}, {"content", {part}}}}}}.dump();
    }
    return json{{"stop_reason", "end_turn"}, {"content", {{{"type", "text"}, {"text", text}}}}}.dump();
}

TEST(LlmAnswerText, IsFoundAlikeInEveryDialect) {
    const std::string object = R"({"a":{"b":"} or {"},"c":"</think> ```"})";
    const std::string plain = R"({"a":1})";
    for (const char *dialect : kDialects) {
        const auto text = [dialect](const std::string &written) {
            return read(dialect, 200, body_with(dialect, written)).text;
        };
        EXPECT_EQ(text(object), object) << dialect;
        EXPECT_EQ(text(" \n" + object + "\n"), object) << dialect;
        EXPECT_EQ(text("```json\n" + object + "\n```"), object) << dialect;
        EXPECT_EQ(text("```" + object + "```"), object) << dialect;
        EXPECT_EQ(text("<think>{\"x\":2} perhaps</think>\n" + plain), plain) << dialect;
        EXPECT_EQ(text("so {\"x\":\"a longer thought\"} it is</think>```json\n" + plain + "\n```"), plain) << dialect;
        EXPECT_EQ(text("Here it is: " + object + " I hope {it} helps."), object) << dialect;
        EXPECT_EQ(text("First {\"x\":1}, but then:\n```\n" + object + "\n```\nDone."), object) << dialect;
        EXPECT_EQ(text("I cannot {do} that."), "I cannot {do} that.") << dialect;
        EXPECT_EQ(text("{\"cut\":\"off"), "{\"cut\":\"off") << dialect;
        EXPECT_EQ(read(dialect, 200, body_with(dialect, "<think>{\"a\":1}")).outcome, Outcome::kInvalidJson) << dialect;
        EXPECT_EQ(text("{\"a\":\"x\\ud83d y\"}"), "{\"a\":\"x\ufffd y\"}")
            << dialect << ": half a pair, escaped once more";
    }
}

TEST(LlmAnswerText, HalfAPairInTheResponseItselfCostsOneCharacter) {
    for (const char *dialect : kDialects) {
        std::string body = body_with(dialect, R"({"a":"HALF"})");
        body.replace(body.find("HALF"), 4, "\\udc00\\ud83d");
        EXPECT_EQ(read(dialect, 200, body).text, "{\"a\":\"\ufffd\ufffd\"}") << dialect;
    }
}

TEST(LlmAnswerText, ManyBracesTakeNoTime) {
    const auto started = std::chrono::steady_clock::now();
    static_cast<void>(answer_in(std::string(1'000'000, '{')));
    static_cast<void>(answer_in(std::string(500'000, '{') + std::string(500'000, '}')));
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
}

TEST(LlmAnswer, AnErrorWithStatus200KeepsItsMessageAndItsLimits) {
    for (const char *dialect : kDialects) {
        const Answer limited =
            read(dialect, 200, R"({"error":{"code":429,"message":"too fast","type":"rate_limit_error"}})",
                 {{"Retry-After", "7"}});
        EXPECT_EQ(limited.outcome, Outcome::kRateLimited) << dialect;
        EXPECT_EQ(limited.wait, milliseconds{7000}) << dialect;
        EXPECT_EQ(limited.concern, Concern::kProvider) << dialect;
        EXPECT_EQ(limited.http_status, 200) << dialect;
        EXPECT_NE(limited.error.find("too fast"), std::string::npos) << dialect;

        const Answer named = read(dialect, 200, R"({"error":{"type":"overloaded_error","message":"busy"}})");
        EXPECT_EQ(named.concern, Concern::kProvider) << dialect;
        const Answer key =
            read(dialect, 200, R"({"error":{"code":"invalid_api_key","type":"authentication_error","message":"no"}})");
        EXPECT_EQ(key.concern, Concern::kAccount) << dialect;
        EXPECT_FALSE(key.worth_repeating) << dialect;
        const Answer unknown = read(dialect, 200, R"({"error":{"message":"out of memory"}})");
        EXPECT_EQ(unknown.outcome, Outcome::kHttpError) << dialect;
        EXPECT_TRUE(unknown.worth_repeating) << dialect;
        EXPECT_NE(unknown.error.find("out of memory"), std::string::npos) << dialect;
        EXPECT_EQ(read(dialect, 200, R"({"error":null})").outcome == Outcome::kRateLimited, false) << dialect;
    }
    EXPECT_NE(read("openai_chat", 200, R"({"error":"model is loading"})").error.find("model is loading"),
              std::string::npos);
    EXPECT_NE(
        read("openai_chat", 200, R"({"choices":[{"error":{"code":502,"message":"upstream"}}]})").error.find("upstream"),
        std::string::npos);
    const Answer delayed = read("gemini", 200, R"([{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"x",
        "details":[{"retryDelay":"46s"}]}}])");
    EXPECT_EQ(delayed.wait, milliseconds{46'000});
}

TEST(LlmAnswer, ARefusedSchemaModeSaysWhichToSet) {
    const auto hint = [](const std::string &message, SchemaMode mode) {
        const json body = {{"error", {{"message", message}, {"type", "invalid_request_error"}}}};
        return with_schema_hint(read("openai_chat", 400, body.dump()), mode);
    };
    const Answer plain = hint("'response_format.type' must be 'json_schema' or 'text'", SchemaMode::kPlain);
    EXPECT_TRUE(plain.error.ends_with("the server refuses LLM_SCHEMA_MODE=plain, set LLM_SCHEMA_MODE=strict"))
        << plain.error;
    EXPECT_EQ(plain.concern, Concern::kAccount) << "every call would be refused";
    EXPECT_TRUE(
        hint("response_format json_object is unknown", SchemaMode::kPlain).error.ends_with("set LLM_SCHEMA_MODE=none"));
    EXPECT_TRUE(
        hint("Invalid schema for response_format", SchemaMode::kStrict).error.ends_with("set LLM_SCHEMA_MODE=plain"));
    EXPECT_EQ(hint("the prompt is too long", SchemaMode::kStrict).concern, Concern::kNobody);
    EXPECT_EQ(hint("the schema is odd", SchemaMode::kNone).concern, Concern::kNobody)
        << "there is nothing less to ask for";
}

}  // namespace
}  // namespace poller::llm
