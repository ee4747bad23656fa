#include <gtest/gtest.h>

#include "llm_prompt.hpp"
#include "poller/llm/duration.hpp"

namespace poller::llm {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// 2026-11-23 12:00:00 UTC
const std::chrono::system_clock::time_point kNow{std::chrono::seconds{1795435200}};

Answer read(const char *dialect, int status, std::string body, http::Headers headers = {}) {
    return make_dialect(dialect)->read({status, std::move(headers), std::move(body)}, kNow);
}

struct Case {
    const char *name;
    const char *dialect;
    int status;
    http::Headers headers;
    const char *body;
    Outcome outcome;
    std::optional<milliseconds> wait;
    Concern concern;
    bool worth_repeating;
};

std::ostream &operator<<(std::ostream &out, const Case &each) { return out << each.name; }

class EveryFailure : public testing::TestWithParam<Case> {};

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

constexpr auto kNone = std::nullopt;

const Case kOpenAiChat[] = {
    {"Refusal",
     "openai_chat",
     200,
     {},
     R"({"choices":[{"finish_reason":"stop","message":{"content":null,"refusal":"I cannot help with that."}}]})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"ContentFilter",
     "openai_chat",
     200,
     {},
     R"({"choices":[{"finish_reason":"content_filter","message":{"content":""}}]})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"Length",
     "openai_chat",
     200,
     {},
     R"({"choices":[{"finish_reason":"length","message":{"content":"{\"summary\":"}}]})",
     Outcome::kTruncated,
     kNone,
     Concern::kNobody,
     true},
    {"CapSpentOnReasoning",
     "openai_chat",
     200,
     {},
     R"({"choices":[{"finish_reason":"length","message":{"content":""}}]})",
     Outcome::kTruncated,
     kNone,
     Concern::kNobody,
     true},
    {"NoText",
     "openai_chat",
     200,
     {},
     R"({"choices":[{"finish_reason":"stop","message":{"content":null}}]})",
     Outcome::kInvalidJson,
     kNone,
     Concern::kNobody,
     true},
    {"NoChoice", "openai_chat", 200, {}, R"({"choices":[]})", Outcome::kInvalidJson, kNone, Concern::kNobody, true},
    {"NotJson", "openai_chat", 200, {}, "<html>", Outcome::kInvalidJson, kNone, Concern::kNobody, true},
    {"CutOff",
     "openai_chat",
     200,
     {},
     R"({"choices":[{"message":{"content":"{)",
     Outcome::kInvalidJson,
     kNone,
     Concern::kNobody,
     true},
    {"WrongTypes",
     "openai_chat",
     200,
     {},
     R"({"choices":{"0":1},"usage":7,"model":8})",
     Outcome::kInvalidJson,
     kNone,
     Concern::kNobody,
     true},
    {"ThoughtsWithoutEnd",
     "openai_chat",
     200,
     {},
     R"({"choices":[{"finish_reason":"stop","message":{"content":"<think>hm"}}]})",
     Outcome::kInvalidJson,
     kNone,
     Concern::kNobody,
     true},
    {"BadRequest",
     "openai_chat",
     400,
     {},
     R"({"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     false},
    {"WrongKey",
     "openai_chat",
     401,
     {},
     R"({"error":{"message":"Incorrect API key provided","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"Region",
     "openai_chat",
     403,
     {},
     R"({"error":{"message":"not supported","type":null,"param":null,"code":null}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"UnknownModel",
     "openai_chat",
     404,
     {},
     R"({"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"Conflict", "openai_chat", 409, {}, "", Outcome::kHttpError, kNone, Concern::kNobody, true},
    {"TimeoutStatus", "openai_chat", 408, {}, "", Outcome::kHttpError, kNone, Concern::kNobody, true},
    {"Unprocessable",
     "openai_chat",
     422,
     {},
     R"({"detail":[{"msg":"x"}]})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     false},
    {"TooLarge", "openai_chat", 413, {}, "", Outcome::kHttpError, kNone, Concern::kNobody, false},
    {"RateLimit",
     "openai_chat",
     429,
     {{"Retry-After", "20"}},
     R"({"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}})",
     Outcome::kRateLimited,
     20s,
     Concern::kProvider,
     true},
    {"RateLimitMilliseconds",
     "openai_chat",
     429,
     {{"retry-after-ms", "350"}, {"Retry-After", "1"}},
     R"({"error":{"message":"x","type":"requests","code":"slow_down"}})",
     Outcome::kRateLimited,
     350ms,
     Concern::kProvider,
     true},
    {"RateLimitAsDate",
     "openai_chat",
     429,
     {{"Retry-After", "Mon, 23 Nov 2026 12:00:05 GMT"}},
     "",
     Outcome::kRateLimited,
     5s,
     Concern::kProvider,
     true},
    {"RateLimitByResetHeaders",
     "openai_chat",
     429,
     {{"x-ratelimit-remaining-requests", "0"},
      {"x-ratelimit-reset-requests", "1m30s"},
      {"x-ratelimit-remaining-tokens", "0"},
      {"x-ratelimit-reset-tokens", "12ms"}},
     R"({"error":{"message":"x","type":"requests","code":"rate_limit_exceeded"}})",
     Outcome::kRateLimited,
     90s,
     Concern::kProvider,
     true},
    {"ResetOfALimitThatIsNotUsedUp",
     "openai_chat",
     429,
     {{"x-ratelimit-remaining-requests", "-1"}, {"x-ratelimit-reset-requests", "1m30s"}},
     R"({"error":{"code":"rate_limit_exceeded"}})",
     Outcome::kRateLimited,
     kNone,
     Concern::kProvider,
     true},
    {"NoMoney",
     "openai_chat",
     429,
     {},
     R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"SpendLimit",
     "openai_chat",
     429,
     {},
     R"({"error":{"message":"x","type":"insufficient_quota","code":"project_spend_limit_exceeded"}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"NoMoneyByTypeAlone",
     "openai_chat",
     429,
     {},
     R"({"error":{"message":"x","type":"insufficient_quota","code":null}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"TheCodeDecidesNotTheType",
     "openai_chat",
     429,
     {},
     R"({"error":{"message":"x","type":"insufficient_quota","code":"rate_limit_exceeded"}})",
     Outcome::kRateLimited,
     kNone,
     Concern::kProvider,
     true},
    {"ServerError",
     "openai_chat",
     500,
     {},
     R"({"error":{"message":"oops","type":"server_error","param":null,"code":null}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"Overloaded",
     "openai_chat",
     503,
     {},
     R"({"error":{"message":"overloaded","type":"server_error","code":"server_is_overloaded"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kProvider,
     true},
    {"OverloadedWithWait",
     "openai_chat",
     503,
     {{"Retry-After", "12"}},
     R"({"error":{"message":"overloaded","type":"server_error","code":"server_is_overloaded"}})",
     Outcome::kRateLimited,
     12s,
     Concern::kProvider,
     true},
    {"LocalServerWhileLoading",
     "openai_chat",
     503,
     {},
     R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kProvider,
     true},
    {"LocalServerInOneText",
     "openai_chat",
     400,
     {},
     R"({"error":"model is required"})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     false},
    {"Gateway", "openai_chat", 502, {}, "<html>", Outcome::kHttpError, kNone, Concern::kNobody, true},
};

const Case kOpenAiResponses[] = {
    {"Refusal",
     "openai_responses",
     200,
     {},
     R"({"status":"completed","output":[{"type":"reasoning"},{"type":"message","content":[{"type":"refusal","refusal":"No."}]}]})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"Length",
     "openai_responses",
     200,
     {},
     R"({"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},
         "output":[{"type":"message","content":[{"type":"output_text","text":"{\"su"}]}]})",
     Outcome::kTruncated,
     kNone,
     Concern::kNobody,
     true},
    {"Filter",
     "openai_responses",
     200,
     {},
     R"({"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"IncompleteForANewReason",
     "openai_responses",
     200,
     {},
     R"({"status":"incomplete","incomplete_details":{"reason":"other"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"Failed",
     "openai_responses",
     200,
     {},
     R"({"status":"failed","error":{"code":"server_error","message":"x"},"output":[]})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"FailedByLimit",
     "openai_responses",
     200,
     {},
     R"({"status":"failed","error":{"code":"rate_limit_exceeded","message":"x"}})",
     Outcome::kRateLimited,
     kNone,
     Concern::kProvider,
     true},
    {"FailedByPrompt",
     "openai_responses",
     200,
     {},
     R"({"status":"failed","error":{"code":"invalid_prompt","message":"x"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     false},
    {"Cancelled",
     "openai_responses",
     200,
     {},
     R"({"status":"cancelled","output":[]})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"OnlyReasoning",
     "openai_responses",
     200,
     {},
     R"({"status":"completed","output":[{"type":"reasoning"}]})",
     Outcome::kInvalidJson,
     kNone,
     Concern::kNobody,
     true},
    {"NoMoney",
     "openai_responses",
     429,
     {},
     R"({"error":{"message":"x","type":"insufficient_quota","code":"credit_balance_exhausted"}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
};

const Case kGemini[] = {
    {"BlockedPrompt",
     "gemini",
     200,
     {},
     R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":5}})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"Safety",
     "gemini",
     200,
     {},
     R"({"candidates":[{"finishReason":"SAFETY"}]})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"PersonalData",
     "gemini",
     200,
     {},
     R"({"candidates":[{"finishReason":"SPII"}]})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"Length",
     "gemini",
     200,
     {},
     R"({"candidates":[{"content":{"parts":[{"text":"{\"su"}]},"finishReason":"MAX_TOKENS"}]})",
     Outcome::kTruncated,
     kNone,
     Concern::kNobody,
     true},
    {"NewReason",
     "gemini",
     200,
     {},
     R"({"candidates":[{"content":{"parts":[{"text":"{}"}]},"finishReason":"SOMETHING_NEW"}]})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"NoReason",
     "gemini",
     200,
     {},
     R"({"candidates":[{"content":{"parts":[{"text":"{}"}]}}]})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"NoCandidate", "gemini", 200, {}, R"({"candidates":[]})", Outcome::kInvalidJson, kNone, Concern::kNobody, true},
    {"OnlyThoughts",
     "gemini",
     200,
     {},
     R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]},"finishReason":"STOP"}]})",
     Outcome::kInvalidJson,
     kNone,
     Concern::kNobody,
     true},
    {"InvalidArgument",
     "gemini",
     400,
     {},
     R"({"error":{"code":400,"message":"Unknown name \"x\": Cannot find field.","status":"INVALID_ARGUMENT"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     false},
    {"WrongKey",
     "gemini",
     400,
     {},
     R"({"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT",
         "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"AccountNotReady",
     "gemini",
     400,
     {},
     R"({"error":{"code":400,"message":"Enable billing.","status":"FAILED_PRECONDITION"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"Bill",
     "gemini",
     402,
     {},
     R"({"error":{"code":402,"message":"x","status":"RESOURCE_EXHAUSTED"}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"Permission",
     "gemini",
     403,
     {},
     R"({"error":{"code":403,"message":"x","status":"PERMISSION_DENIED"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"UnknownModel",
     "gemini",
     404,
     {},
     R"({"error":{"code":404,"message":"x","status":"NOT_FOUND"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"Quota",
     "gemini",
     429,
     {},
     R"({"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[
         {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProject"}]},
         {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46.5s"}]}})",
     Outcome::kRateLimited,
     46500ms,
     Concern::kProvider,
     true},
    {"QuotaInAList",
     "gemini",
     429,
     {},
     R"([{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3s"}]}}])",
     Outcome::kRateLimited,
     3s,
     Concern::kProvider,
     true},
    {"QuotaOfTheDay",
     "gemini",
     429,
     {},
     R"({"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[
         {"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}})",
     Outcome::kRateLimited,
     1h,
     Concern::kProvider,
     true},
    {"NoQuotaAtAll",
     "gemini",
     429,
     {},
     R"({"error":{"code":429,"message":"Quota exceeded for metric x, limit: 0","status":"RESOURCE_EXHAUSTED"}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"Internal",
     "gemini",
     500,
     {},
     R"({"error":{"code":500,"message":"x","status":"INTERNAL"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"Overload",
     "gemini",
     503,
     {},
     R"({"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kProvider,
     true},
    {"Deadline",
     "gemini",
     504,
     {},
     R"({"error":{"code":504,"message":"x","status":"DEADLINE_EXCEEDED"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
};

const Case kAnthropic[] = {
    {"Refusal",
     "anthropic",
     200,
     {},
     R"({"stop_reason":"refusal","stop_details":{"category":"cyber"},"content":[]})",
     Outcome::kRefusal,
     kNone,
     Concern::kNobody,
     false},
    {"Length",
     "anthropic",
     200,
     {},
     R"({"stop_reason":"max_tokens","content":[{"type":"text","text":"{\"su"}]})",
     Outcome::kTruncated,
     kNone,
     Concern::kNobody,
     true},
    {"Window",
     "anthropic",
     200,
     {},
     R"({"stop_reason":"model_context_window_exceeded","content":[]})",
     Outcome::kTruncated,
     kNone,
     Concern::kNobody,
     true},
    {"Pause",
     "anthropic",
     200,
     {},
     R"({"stop_reason":"pause_turn","content":[{"type":"text","text":"{}"}]})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"NoText",
     "anthropic",
     200,
     {},
     R"({"stop_reason":"end_turn","content":[]})",
     Outcome::kInvalidJson,
     kNone,
     Concern::kNobody,
     true},
    {"BadRequest",
     "anthropic",
     400,
     {},
     R"({"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: required"},"request_id":"req_1"})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     false},
    {"OwnSpendLimit",
     "anthropic",
     400,
     {},
     R"({"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits."}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"WrongKey",
     "anthropic",
     401,
     {},
     R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kAccount,
     false},
    {"Bill",
     "anthropic",
     402,
     {},
     R"({"type":"error","error":{"type":"billing_error","message":"x"}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"TooLarge",
     "anthropic",
     413,
     {},
     R"({"type":"error","error":{"type":"request_too_large","message":"x"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     false},
    {"RateLimit",
     "anthropic",
     429,
     {{"retry-after", "31"}},
     R"({"type":"error","error":{"type":"rate_limit_error","message":"x"}})",
     Outcome::kRateLimited,
     31s,
     Concern::kProvider,
     true},
    {"Tier",
     "anthropic",
     429,
     {},
     R"({"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":"enforced_spend_limit_reached"}}})",
     Outcome::kBillingError,
     kNone,
     Concern::kAccount,
     false},
    {"Internal",
     "anthropic",
     500,
     {},
     R"({"type":"error","error":{"type":"api_error","message":"x"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kNobody,
     true},
    {"Overloaded",
     "anthropic",
     529,
     {},
     R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})",
     Outcome::kHttpError,
     kNone,
     Concern::kProvider,
     true},
    {"OverloadedWithWait",
     "anthropic",
     529,
     {{"retry-after", "8"}},
     R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})",
     Outcome::kRateLimited,
     8s,
     Concern::kProvider,
     true},
};

std::string name_of(const testing::TestParamInfo<Case> &info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(OpenAiChat, EveryFailure, testing::ValuesIn(kOpenAiChat), name_of);
INSTANTIATE_TEST_SUITE_P(OpenAiResponses, EveryFailure, testing::ValuesIn(kOpenAiResponses), name_of);
INSTANTIATE_TEST_SUITE_P(Gemini, EveryFailure, testing::ValuesIn(kGemini), name_of);
INSTANTIATE_TEST_SUITE_P(Anthropic, EveryFailure, testing::ValuesIn(kAnthropic), name_of);

TEST(LlmAnswer, OpenAiChat) {
    const Answer answer = read("openai_chat", 200,
                               R"({"id":"c1","model":"model-1-2026","choices":[{"index":0,"finish_reason":"stop",
            "message":{"role":"assistant","content":"{\"a\":1}","refusal":null}}],
            "usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,
                     "completion_tokens_details":{"reasoning_tokens":5}}})",
                               {{"x-request-id", "r1"}});
    EXPECT_EQ(answer.outcome, Outcome::kOk);
    EXPECT_EQ(answer.text, R"({"a":1})");
    EXPECT_EQ(answer.model, "model-1-2026");
    EXPECT_EQ(answer.request_id, "r1");
    EXPECT_EQ(answer.tokens_in, 100);
    EXPECT_EQ(answer.tokens_out, 20);
    EXPECT_EQ(answer.error, "");
}

TEST(LlmAnswer, LocalServersMayThinkAloudFenceAndLeaveThingsOut) {
    const auto text = [](const char *content) {
        nlohmann::json body;
        body["choices"][0]["message"]["content"] = content;
        const Answer answer = read("openai_chat", 200, body.dump());
        EXPECT_EQ(answer.outcome, Outcome::kOk) << content;
        EXPECT_EQ(answer.tokens_in, std::nullopt);
        return answer.text;
    };
    EXPECT_EQ(text(R"({"a":1})"), R"({"a":1})");
    EXPECT_EQ(text("<think>Let me {see}.</think>\n\n{\"a\":1}\n"), R"({"a":1})");
    EXPECT_EQ(text("```json\n{\"a\":1}\n```"), R"({"a":1})");
    EXPECT_EQ(text("Sure: {\"a\":1}"), "Sure: {\"a\":1}") << "anything else is for the database to judge";
}

TEST(LlmAnswer, OpenAiChatMayAnswerInParts) {
    EXPECT_EQ(
        read(
            "openai_chat", 200,
            R"({"choices":[{"finish_reason":null,"message":{"content":[{"type":"text","text":"{\"a\":"},{"type":"text","text":"1}"}]}}]})")
            .text,
        R"({"a":1})");
}

TEST(LlmAnswer, OpenAiResponses) {
    const Answer answer = read("openai_responses", 200,
                               R"({"status":"completed","model":"model-1","output":[{"type":"reasoning","summary":[]},
            {"type":"message","content":[{"type":"output_text","text":"{\"a\":"},{"type":"output_text","text":"1}"}]}],
            "usage":{"input_tokens":7,"output_tokens":8,"total_tokens":15}})");
    EXPECT_EQ(answer.outcome, Outcome::kOk);
    EXPECT_EQ(answer.text, R"({"a":1})");
    EXPECT_EQ(answer.tokens_in, 7);
    EXPECT_EQ(answer.tokens_out, 8);
}

TEST(LlmAnswer, Gemini) {
    const Answer answer = read(
        "gemini", 200,
        R"({"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"{\"a\":"},{"text":"1}"}]},
            "finishReason":"STOP"}],"modelVersion":"g-1","responseId":"r1",
            "usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":2,"candidatesTokenCount":20,
                             "thoughtsTokenCount":30,"cachedContentTokenCount":4,"totalTokenCount":62}})");
    EXPECT_EQ(answer.outcome, Outcome::kOk);
    EXPECT_EQ(answer.text, R"({"a":1})");
    EXPECT_EQ(answer.model, "g-1");
    EXPECT_EQ(answer.request_id, "r1");
    EXPECT_EQ(answer.tokens_in, 12);
    EXPECT_EQ(answer.tokens_out, 50);
}

TEST(LlmAnswer, Anthropic) {
    const Answer answer =
        read("anthropic", 200,
             R"({"model":"c-1","stop_reason":"end_turn","content":[{"type":"text","text":"{\"a\":1}"}],
            "usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":20}})",
             {{"request-id", "req_1"}});
    EXPECT_EQ(answer.outcome, Outcome::kOk);
    EXPECT_EQ(answer.text, R"({"a":1})");
    EXPECT_EQ(answer.request_id, "req_1");
    EXPECT_EQ(answer.tokens_in, 17);
    EXPECT_EQ(answer.tokens_out, 20);
}

TEST(LlmAnswer, TheInputOfAForcedToolIsTheAnswer) {
    EXPECT_EQ(read("anthropic", 200,
                   R"({"stop_reason":"tool_use","content":[{"type":"text","text":"Here:"},
                       {"type":"tool_use","name":"forecast_explanation","input":{"a":1}}]})")
                  .text,
              R"({"a":1})");
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

TEST(LlmDuration, AsGoWritesThem) {
    EXPECT_EQ(parse_duration("1s"), 1s);
    EXPECT_EQ(parse_duration("6m0s"), 6min);
    EXPECT_EQ(parse_duration("12ms"), 12ms);
    EXPECT_EQ(parse_duration("1h2m3.5s"), 1h + 2min + 3500ms);
    EXPECT_EQ(parse_duration("46.123456789s"), 46123ms);
    EXPECT_EQ(parse_duration("500us"), 0ms);
    EXPECT_EQ(parse_duration("1\u00b5s"), 0ms);
    EXPECT_EQ(parse_duration("0"), 0ms);
    EXPECT_EQ(parse_duration("1000h"), 24h);
}

TEST(LlmDuration, NothingForWhatIsNone) {
    for (const char *text : {"", "5", "s", "-1s", "1 s", "1x", "nans", "infs", "1e3s", "1s2"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace poller::llm
