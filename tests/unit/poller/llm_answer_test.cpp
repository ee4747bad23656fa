// What all dialects have in common; each dialect has a file of its own.
#include <gtest/gtest.h>

#include "llm_answer_cases.hpp"

namespace poller::llm {
namespace {

TEST_P(EveryFailure, HasItsOutcome) {
    const Case &expected = GetParam();
    const Answer answer = read(expected.dialect, expected.status, expected.body, expected.headers);
    EXPECT_EQ(to_string(answer.outcome), to_string(expected.outcome));
    EXPECT_EQ(answer.wait, expected.wait);
    EXPECT_EQ(static_cast<int>(answer.concern), static_cast<int>(expected.concern));
    EXPECT_EQ(answer.worth_repeating, expected.worth_repeating);
    EXPECT_EQ(answer.http_status, expected.status);
    EXPECT_EQ(answer.text, "");
    EXPECT_NE(answer.error, "");
}

TEST(LlmAnswer, RefusalsSayWhy) {
    EXPECT_EQ(read("gemini", 200, R"({"promptFeedback":{"blockReason":"OTHER"}})").error,
              "the prompt was blocked: OTHER");
    EXPECT_EQ(read("anthropic", 200, R"({"stop_reason":"refusal","stop_details":{"category":"x"}})").error,
              "refused: x");
}

TEST(LlmAnswer, ErrorsNameTheirCode) {
    EXPECT_EQ(
        read("anthropic", 529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})").error,
        "overloaded_error: Overloaded");
    EXPECT_EQ(read("openai_chat", 500, R"({"error":{"message":"oops","type":"server_error","code":null}})").error,
              "server_error: oops");
    EXPECT_EQ(read("openai_chat", 502, "<html>").error, "HTTP status 502");
}

TEST(LlmAnswer, NoResponseAtAll) {
    EXPECT_EQ(no_answer(true, "no answer within 60 s").outcome, Outcome::kTimeout);
    EXPECT_EQ(no_answer(false, "connection refused").outcome, Outcome::kHttpError);
    EXPECT_TRUE(no_answer(true, "x").worth_repeating);
}

}  // namespace
}  // namespace poller::llm
