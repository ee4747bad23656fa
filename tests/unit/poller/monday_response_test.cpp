#include "poller/monday/response.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poller::monday {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// 2026-11-23 12:00:00 UTC
const std::chrono::system_clock::time_point kNow{std::chrono::seconds{1795435200}};

Response answer(std::string body, int status = 200, http::Headers headers = {}) {
    return read_response({status, std::move(headers), std::move(body)}, kNow);
}

struct Case {
    const char *name;
    int status;
    http::Headers headers;
    const char *body;
    ErrorKind kind;
    std::optional<milliseconds> wait;
};

std::ostream &operator<<(std::ostream &out, const Case &each) { return out << each.name; }

class EveryErrorForm : public testing::TestWithParam<Case> {};

TEST_P(EveryErrorForm, IsClassifiedWithItsWait) {
    const Case &expected = GetParam();
    const Response response = answer(expected.body, expected.status, expected.headers);
    ASSERT_EQ(response.errors.size(), 1U);
    const ApiError &error = response.errors.front();
    EXPECT_EQ(to_string(error.kind), to_string(expected.kind));
    EXPECT_EQ(error.wait, expected.wait);
    EXPECT_FALSE(to_string(error).empty());
    EXPECT_EQ(response.worst_error(), &error);
}

const Case kCurrentForm[] = {
    {"FieldLimit",
     200,
     {},
     R"({"data":{"items":[{"id":"101","subitems":null}]},
         "errors":[{"message":"Concurrency limit exceeded for the field","locations":[{"line":1,"column":25}],
                    "path":["items",0,"subitems"],
                    "extensions":{"code":"FIELD_LIMIT_EXCEEDED","status_code":429,"retry_in_seconds":15,
                                  "error_data":{"entity":"subitems"}}}],
         "extensions":{"request_id":"5f0c"},"account_id":12345})",
     ErrorKind::kBusy,
     15s},
    {"Complexity",
     429,
     {},
     R"({"errors":[{"message":"Complexity budget exhausted",
         "extensions":{"code":"COMPLEXITY_BUDGET_EXHAUSTED","complexity":7001,"complexity_budget_left":250,
                       "complexity_budget_limit":5000000,"retry_in_seconds":37,"status_code":429}}]})",
     ErrorKind::kComplexityExhausted,
     37s},
    {"ComplexityWithStatus200",
     200,
     {},
     R"({"data":null,"errors":[{"message":"Complexity budget exhausted",
         "extensions":{"code":"COMPLEXITY_BUDGET_EXHAUSTED","retry_in_seconds":37,"status_code":429}}]})",
     ErrorKind::kComplexityExhausted,
     37s},
    {"ComplexityFromTheGateway",
     429,
     {},
     R"({"errors":[{"extensions":{"code":"COMPLEXITY_BUDGET_EXHAUSTED","retry_in_seconds":12}}]})",
     ErrorKind::kComplexityExhausted,
     12s},
    {"OneCallTooComplexForAnyMinute",
     200,
     {},
     R"({"errors":[{"message":"Query too complex","extensions":{"code":"COMPLEXITY_BUDGET_EXHAUSTED",
         "complexity":6000000,"maxComplexity":5000000}}]})",
     ErrorKind::kTooComplex,
     std::nullopt},
    {"OneCallTooComplexInWords",
     200,
     {},
     R"({"errors":[{"message":"max complexity exceeded","extensions":{"code":"ComplexityException"}}]})",
     ErrorKind::kTooComplex,
     std::nullopt},
    {"ComplexityException",
     200,
     {},
     R"({"errors":[{"message":"Complexity budget exhausted","extensions":{"code":"ComplexityException"}}]})",
     ErrorKind::kComplexityExhausted,
     std::nullopt},
    {"DailyLimit",
     429,
     {},
     R"({"errors":[{"message":"Daily limit exceeded",
         "extensions":{"code":"DAILY_LIMIT_EXCEEDED","retry_in_seconds":3599}}]})",
     ErrorKind::kDailyLimit,
     3599s},
    {"MinuteRate",
     429,
     {},
     R"({"errors":[{"message":"Minute rate limit exceeded",
         "extensions":{"code":"MINUTE_RATE_LIMIT_EXCEEDED","retry_in_seconds":58}}]})",
     ErrorKind::kRateLimited,
     58s},
    {"MinuteRateInOtherWords",
     429,
     {},
     R"({"errors":[{"message":"Minute limit rate exceeded","extensions":{"code":"RATE_LIMIT_EXCEEDED"}}]})",
     ErrorKind::kRateLimited,
     std::nullopt},
    {"FormulaCells",
     200,
     {},
     R"({"data":{"boards":[{"id":"1"}]},"errors":[{"message":"Rate limit exceeded",
         "extensions":{"code":"FIELD_MINUTE_RATE_LIMIT_EXCEEDED","status_code":429,"retry_in_seconds":41}}]})",
     ErrorKind::kBusy,
     41s},
    {"ConcurrencyAsDocumented",
     429,
     {},
     R"({"errors":[{"message":"Concurrency limit exceeded","extensions":{"code":"maxConcurrencyExceeded"}}]})",
     ErrorKind::kBusy,
     std::nullopt},
    {"ConcurrencyFromTheGateway",
     429,
     {},
     R"({"errors":[{"message":"Too many concurrent requests",
         "extensions":{"code":"MAX_CONCURRENCY_EXCEEDED","retry_in_seconds":15}}]})",
     ErrorKind::kBusy,
     15s},
    {"AddressLimit",
     429,
     {{"Retry-After", "7"}},
     R"({"errors":[{"message":"Too many requests from this address","extensions":{"code":"IP_RATE_LIMIT_EXCEEDED"}}]})",
     ErrorKind::kRateLimited,
     7s},
    {"SubgraphProtection",
     200,
     {},
     R"({"data":{"boards":[{"columns":null}]},"errors":[{"message":"Rate limit exceeded for board-columns",
         "path":["boards",0,"columns"],
         "extensions":{"code":"tooManyRequests","status_code":400,"service":"data-structure"}}]})",
     ErrorKind::kBusy,
     std::nullopt},
    {"SubgraphProtectionInOtherWords",
     200,
     {},
     R"({"errors":[{"message":"Rate limit already blocked for board-columns","extensions":{"status_code":400}}]})",
     ErrorKind::kBusy,
     std::nullopt},
    {"LimitInNewSpelling",
     429,
     {{"retry-after", "3"}},
     R"({"errors":[{"message":"Slow down","extensions":{"code":"SOMETHING_NEW"}}]})",
     ErrorKind::kRateLimited,
     3s},
    {"TemporarilyBlocked",
     200,
     {},
     R"({"errors":[{"message":"API temporarily blocked","extensions":{"code":"API_TEMPORARILY_BLOCKED"}}]})",
     ErrorKind::kTransient,
     std::nullopt},
    {"ColumnValue",
     200,
     {},
     R"({"data":{"change_multiple_column_values":null},"errors":[{"message":"invalid value - label does not exist",
         "extensions":{"code":"ColumnValueException","status_code":200,"error_data":{"column_type":"color"}}}]})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"CorrectedValue",
     200,
     {},
     R"({"errors":[{"message":"column type FormulaColumn is not supporting changing the column value with simple column value",
         "extensions":{"code":"CorrectedValueException"}}]})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"InvalidArgument",
     200,
     {},
     R"({"errors":[{"message":"Creating webhook on subitems board isn't allowed",
         "extensions":{"code":"InvalidArgumentException","error_data":{"board_id":5}}}]})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"InvalidBoard",
     200,
     {},
     R"({"errors":[{"message":"The board does not exist. Please check your board ID and try again",
         "extensions":{"code":"InvalidBoardIdException","error_data":{"board_id":5}}}]})",
     ErrorKind::kNotFound,
     std::nullopt},
    {"ResourceNotFoundAsError",
     200,
     {},
     R"({"errors":[{"message":"not found","extensions":{"code":"ResourceNotFoundException"}}]})",
     ErrorKind::kNotFound,
     std::nullopt},
    {"ResourceNotFoundAsStatus",
     404,
     {},
     R"({"errors":[{"message":"User not found"}]})",
     ErrorKind::kNotFound,
     std::nullopt},
    {"InvalidVersion",
     200,
     {},
     R"({"errors":[{"message":"API version is invalid","extensions":{"code":"InvalidVersionException"}}]})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"MissingPermissions",
     200,
     {},
     R"({"errors":[{"message":"missing scope","extensions":{"code":"missingRequiredPermissions"}}]})",
     ErrorKind::kForbidden,
     std::nullopt},
    {"Unauthorized",
     401,
     {},
     R"({"errors":[{"message":"Unauthorized","extensions":{"code":"Unauthorized"}}]})",
     ErrorKind::kUnauthorized,
     std::nullopt},
    {"NotAuthenticated",
     401,
     {},
     R"({"errors":[{"message":"Not Authenticated","extensions":{"code":"USER_NOT_AUTHENTICATED"}}]})",
     ErrorKind::kUnauthorized,
     std::nullopt},
    {"AddressNotAllowed",
     401,
     {},
     R"({"errors":[{"message":"Your ip is restricted"}]})",
     ErrorKind::kUnauthorized,
     std::nullopt},
    {"NoRightWithStatus403",
     403,
     {},
     R"({"errors":[{"message":"User unauthorized to perform action","extensions":{"code":"UserUnauthorizedException"}}]})",
     ErrorKind::kForbidden,
     std::nullopt},
    {"NoRightWithStatus200",
     200,
     {},
     R"({"data":{"boards":[null]},"errors":[{"message":"unauthorized","path":["boards",0],
         "extensions":{"code":"UNAUTHORIZED","status_code":403}}]})",
     ErrorKind::kForbidden,
     std::nullopt},
    {"UserInactive",
     403,
     {},
     R"({"errors":[{"message":"User access denied","extensions":{"code":"USER_ACCESS_DENIED"}}]})",
     ErrorKind::kUnauthorized,
     std::nullopt},
    {"IdempotencyConflict",
     409,
     {{"Retry-After", "2"}},
     R"({"errors":[{"message":"Request with the same key is running","extensions":{"code":"IDEMPOTENCY_CONFLICT"}}]})",
     ErrorKind::kIdempotencyConflict,
     2s},
    {"Locked",
     423,
     {},
     R"({"errors":[{"message":"Resource is currently locked, please try again later"}]})",
     ErrorKind::kLocked,
     std::nullopt},
    {"LockedWithStatus200",
     200,
     {},
     R"({"errors":[{"message":"Resource is currently locked, please try again later","extensions":{"status_code":423}}]})",
     ErrorKind::kLocked,
     std::nullopt},
    {"SubscribersInvalid",
     422,
     {},
     R"({"errors":[{"message":"invalid","extensions":{"code":"RecordInvalidException"}}]})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"InternalAsCode",
     200,
     {},
     R"({"data":{},"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]})",
     ErrorKind::kTransient,
     std::nullopt},
    {"InternalAsStatus",
     500,
     {},
     R"({"errors":[{"message":"Internal server error"}]})",
     ErrorKind::kTransient,
     std::nullopt},
    {"Validation",
     200,
     {},
     R"({"errors":[{"message":"Cannot query field","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"UndefinedField",
     200,
     {},
     R"({"errors":[{"message":"Field 'x' doesn't exist","extensions":{"code":"undefinedField","typeName":"Item","fieldName":"x"}}]})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"CursorAsCursorException",
     200,
     {},
     R"({"data":[],"errors":[{"message":"The cursor provided for pagination has expired",
         "extensions":{"code":"CursorException"}}]})",
     ErrorKind::kCursorExpired,
     std::nullopt},
    {"CursorAsCursorExpiredError",
     200,
     {},
     R"({"errors":[{"message":"expired","extensions":{"code":"CursorExpiredError"}}]})",
     ErrorKind::kCursorExpired,
     std::nullopt},
    {"UnknownCodeWithStatus200",
     200,
     {},
     R"({"errors":[{"message":"Something went wrong","extensions":{"code":"NeverHeardOf"}}]})",
     ErrorKind::kTransient,
     std::nullopt},
    {"NoExtensionsAtAll",
     200,
     {},
     R"({"errors":[{"message":"Something went wrong"}]})",
     ErrorKind::kTransient,
     std::nullopt},
    {"WaitInErrorData",
     429,
     {{"Retry-After", "99"}},
     R"({"errors":[{"message":"Minute rate limit exceeded",
         "extensions":{"code":"MINUTE_RATE_LIMIT_EXCEEDED","error_data":{"retry_in_seconds":21}}}]})",
     ErrorKind::kRateLimited,
     21s},
    {"WaitOfTheExtensionsFirst",
     429,
     {{"Retry-After", "99"}},
     R"({"errors":[{"message":"reset in 77 seconds",
         "extensions":{"code":"MINUTE_RATE_LIMIT_EXCEEDED","retry_in_seconds":20,"error_data":{"retry_in_seconds":21}}}]})",
     ErrorKind::kRateLimited,
     20s},
    {"HeaderBeforeReset",
     429,
     {{"retry-after", "9"}},
     R"({"data":{"complexity":{"before":1,"after":0,"query":1,"reset_in_x_seconds":33}},
         "errors":[{"message":"Complexity budget exhausted","extensions":{"code":"complexityBudgetExhausted"}}]})",
     ErrorKind::kComplexityExhausted,
     9s},
    {"ResetBeforeText",
     200,
     {},
     R"({"data":{"complexity":{"before":1,"after":0,"query":1,"reset_in_x_seconds":33}},
         "errors":[{"message":"Complexity budget exhausted, reset in 44 seconds"}]})",
     ErrorKind::kComplexityExhausted,
     33s},
    {"WaitAsDate",
     429,
     {{"Date", "Mon, 23 Nov 2026 12:00:00 GMT"}, {"Retry-After", "Mon, 23 Nov 2026 12:00:42 GMT"}},
     R"({"errors":[{"message":"Minute rate limit exceeded"}]})",
     ErrorKind::kRateLimited,
     42s},
    {"WaitBeyondReason",
     429,
     {},
     R"({"errors":[{"message":"x","extensions":{"code":"RATE_LIMIT_EXCEEDED","retry_in_seconds":1e30}}]})",
     ErrorKind::kRateLimited,
     24h},
    {"NegativeWait",
     429,
     {},
     R"({"errors":[{"message":"x","extensions":{"code":"RATE_LIMIT_EXCEEDED","retry_in_seconds":-5}}]})",
     ErrorKind::kRateLimited,
     0s},
};

const Case kOldForms[] = {
    {"CursorOnTopLevel",
     200,
     {},
     R"({"error_code":"CursorException","status_code":200,"error_message":"CursorExpiredError: The cursor provided for pagination has expired. Please refresh your query and obtain a new cursor to continue fetching items","error_data":{}})",
     ErrorKind::kCursorExpired,
     std::nullopt},
    {"InternalOnTopLevel",
     200,
     {},
     R"({"error_message":"Internal server error","status_code":500})",
     ErrorKind::kTransient,
     std::nullopt},
    {"ParseError",
     200,
     {},
     R"({"errors":[{"message":"Parse error on \"x\"","locations":[{"line":59,"column":15}]}],"account_id":12345})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"ComplexityAsText",
     429,
     {},
     R"({"errors":["Complexity budget exhausted, query cost 22000 budget remaining 900 out of 10000000 reset in 16 seconds"],
         "status_code":429,"error_message":"Complexity budget exhausted, ...","error_code":"complexityBudgetExhausted",
         "account_id":12345})",
     ErrorKind::kComplexityExhausted,
     16s},
    {"ComplexityAsTextAlone",
     200,
     {},
     R"({"errors":["Complexity budget exhausted, query cost 22000 budget remaining 900 out of 10000000 reset in 16 seconds"]})",
     ErrorKind::kComplexityExhausted,
     16s},
    {"WaitInTopLevelErrorData",
     429,
     {},
     R"({"error_code":"RateLimitExceeded","error_message":"x","status_code":429,"error_data":{"retry_in_seconds":8}})",
     ErrorKind::kRateLimited,
     8s},
    {"NotAuthenticatedAsText", 401, {}, R"({"errors":["Not Authenticated"]})", ErrorKind::kUnauthorized, std::nullopt},
    {"NotAuthenticatedWithStatus200",
     200,
     {},
     R"({"errors":["Not Authenticated"]})",
     ErrorKind::kUnauthorized,
     std::nullopt},
    {"ErrorAsOneText", 401, {}, R"({"error":"Unauthorized"})", ErrorKind::kUnauthorized, std::nullopt},
    {"ErrorsAsOneText", 200, {}, R"({"errors":"Internal server error"})", ErrorKind::kTransient, std::nullopt},
    {"JsonParse",
     400,
     {},
     R"({"error_code":"JsonParseException","status_code":400,"error_message":"Bad request"})",
     ErrorKind::kPermanent,
     std::nullopt},
    {"StatusAsText",
     200,
     {},
     R"({"error_code":"x","error_message":"y","status_code":"429"})",
     ErrorKind::kRateLimited,
     std::nullopt},
};

const Case kNoForm[] = {
    {"GatewayPage", 502, {}, "<html>Bad Gateway</html>", ErrorKind::kTransient, std::nullopt},
    {"UnavailableWithWait", 503, {{"Retry-After", "30"}}, "", ErrorKind::kTransient, 30s},
    {"TooLarge", 413, {}, "<html/>", ErrorKind::kPermanent, std::nullopt},
    {"RateLimitPage", 429, {}, "slow down", ErrorKind::kRateLimited, std::nullopt},
    {"CutOff", 200, {}, R"({"data":{"boards":[{"id":)", ErrorKind::kTransient, std::nullopt},
    {"Array", 200, {}, "[]", ErrorKind::kTransient, std::nullopt},
    {"EmptyObject", 200, {}, "{}", ErrorKind::kTransient, std::nullopt},
    {"NullData", 200, {}, R"({"data":null})", ErrorKind::kTransient, std::nullopt},
    {"EmptyBody", 200, {}, "", ErrorKind::kTransient, std::nullopt},
    {"NotUtf8", 200, {}, "{\"data\":{\"x\":\"\xff\"}}", ErrorKind::kTransient, std::nullopt},
    {"WrongTypesThroughout",
     200,
     {},
     R"({"errors":[{"message":5,"path":"x","locations":7,"extensions":["code"]}],"extensions":9})",
     ErrorKind::kTransient,
     std::nullopt},
};

std::string name_of(const testing::TestParamInfo<Case> &info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(CurrentForm, EveryErrorForm, testing::ValuesIn(kCurrentForm), name_of);
INSTANTIATE_TEST_SUITE_P(OldForms, EveryErrorForm, testing::ValuesIn(kOldForms), name_of);
INSTANTIATE_TEST_SUITE_P(NoForm, EveryErrorForm, testing::ValuesIn(kNoForm), name_of);

TEST(MondayResponse, AGoodAnswerHasItsDataAndNoErrors) {
    const Response response = answer(
        R"({"data":{"complexity":{"before":10000000,"after":9990000,"query":10000,"reset_in_x_seconds":60},
                    "boards":[{"id":"1"}]},"extensions":{"request_id":"5f0c"},"account_id":1})",
        200, {{"API-Version", "2026-10"}});
    EXPECT_TRUE(response.errors.empty());
    EXPECT_EQ(response.worst_error(), nullptr);
    EXPECT_EQ(response.data["boards"][0]["id"], "1");
    EXPECT_EQ(response.request_id, "5f0c");
    EXPECT_EQ(response.served_version, "2026-10");
    ASSERT_TRUE(response.complexity);
    EXPECT_EQ(response.complexity->used, 10000);
    EXPECT_EQ(response.complexity->left, 9990000);
    EXPECT_EQ(response.complexity->resets_in_seconds, 60);
    EXPECT_FALSE(response.replayed);
}

TEST(MondayResponse, PartialDataStaysBesideTheErrors) {
    const Response response = answer(
        R"({"data":{"boards":[null,{"id":"2"}]},
            "errors":[{"message":"no","path":["boards",0],"extensions":{"code":"UserUnauthorizedException"}}]})");
    ASSERT_EQ(response.errors.size(), 1U);
    EXPECT_EQ(response.errors[0].path, "boards.0");
    EXPECT_EQ(to_string(response.errors[0]), "UserUnauthorizedException: no (boards.0)");
    EXPECT_EQ(response.data["boards"][1]["id"], "2");
}

TEST(MondayResponse, EveryErrorIsKeptAndTheHeaviestDecides) {
    const Response response = answer(
        R"({"data":{},"errors":[
            {"message":"no","extensions":{"code":"ResourceNotFoundException"}},
            {"message":"Minute rate limit exceeded","extensions":{"retry_in_seconds":5}},
            "Something",
            {"message":"again","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]})");
    ASSERT_EQ(response.errors.size(), 4U);
    EXPECT_EQ(response.worst_error()->kind, ErrorKind::kRateLimited);
}

TEST(MondayResponse, DataThatIsNoObjectIsEmpty) {
    const Response response = answer(R"({"data":[],"errors":[{"message":"x"}]})");
    EXPECT_TRUE(response.data.is_object());
    EXPECT_TRUE(response.data.empty());
}

TEST(MondayResponse, AReplayedWriteIsTold) {
    EXPECT_TRUE(answer(R"({"data":{}})", 200, {{"idempotency-replayed", "true"}}).replayed);
}

TEST(MondayResponse, LongMessagesAreCutBetweenCharacters) {
    std::string message;
    for (int i = 0; i < 400; ++i) message += "\u20ac";
    const Response response = answer(R"({"errors":[{"message":")" + message + R"("}]})");
    const std::string &cut = response.errors[0].message;
    EXPECT_LE(cut.size(), 503U);
    EXPECT_EQ((cut.size() - 3) % 3, 0U);
    EXPECT_TRUE(cut.ends_with("\u20ac..."));
}

TEST(MondayWait, IsWhatTheAnswerAsksForAndOneToTwoSeconds) {
    ApiError error{ErrorKind::kRateLimited, "", "", "", 10s};
    EXPECT_EQ(wait_before_repeating(error, 0, 0.0, kNow), 11s);
    EXPECT_EQ(wait_before_repeating(error, 9, 0.5, kNow), 11500ms);
}

TEST(MondayWait, FollowsTheKindWhereNothingIsAskedFor) {
    EXPECT_EQ(wait_before_repeating({ErrorKind::kComplexityExhausted, "", "", "", {}}, 0, 0, kNow), 61s);
    EXPECT_EQ(wait_before_repeating({ErrorKind::kRateLimited, "", "", "", {}}, 0, 0, kNow), 16s);
    EXPECT_EQ(wait_before_repeating({ErrorKind::kTransient, "", "", "", {}}, 0, 0, kNow), 2s);
    EXPECT_EQ(wait_before_repeating({ErrorKind::kLocked, "", "", "", {}}, 3, 0, kNow), 9s);
    EXPECT_EQ(wait_before_repeating({ErrorKind::kTransient, "", "", "", {}}, 1000, 0, kNow), 61s);
}

TEST(MondayWait, ADailyLimitHoldsUntilMidnight) {
    EXPECT_EQ(wait_before_repeating({ErrorKind::kDailyLimit, "", "", "", {}}, 0, 0, kNow), 12h + 1s);
    EXPECT_EQ(wait_before_repeating({ErrorKind::kDailyLimit, "", "", "", 3599s}, 0, 0, kNow), 3600s);
}

TEST(MondayErrorKind, OnlyWhatPassesIsWorthRepeating) {
    for (const ErrorKind kind :
         {ErrorKind::kTransient, ErrorKind::kLocked, ErrorKind::kIdempotencyConflict, ErrorKind::kRateLimited,
          ErrorKind::kBusy, ErrorKind::kComplexityExhausted, ErrorKind::kDailyLimit}) {
        EXPECT_TRUE(is_worth_repeating(kind)) << to_string(kind);
    }
    for (const ErrorKind kind : {ErrorKind::kCursorExpired, ErrorKind::kUnauthorized, ErrorKind::kForbidden,
                                 ErrorKind::kNotFound, ErrorKind::kPermanent}) {
        EXPECT_FALSE(is_worth_repeating(kind)) << to_string(kind);
    }
}

}  // namespace
}  // namespace poller::monday
