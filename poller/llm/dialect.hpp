// The four ways in which language models are asked and answer, behind one interface: a prompt becomes an HTTP request,
// and an HTTP response one of the outcomes that the database knows.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "poller/http/message.hpp"

namespace poller::llm {

// What llm_request() in the database returns.
struct Prompt {
    std::string system;
    std::string user;
    nlohmann::ordered_json schema;  // models answer in the order of its properties
};

// How an endpoint is held to the schema. The answer is checked in any case.
enum class SchemaMode {
    kStrict,  // by the provider's own means
    kPlain,   // by older or looser means: JSON mode, a forced tool, the OpenAPI form
    kNone,    // by the prompt only
};

// "strict", "plain", "none"; nothing for another name.
[[nodiscard]] std::optional<SchemaMode> parse_schema_mode(std::string_view name) noexcept;

struct Endpoint {
    std::string base_url;  // without the path of the call, for example https://api.openai.com/v1
    std::string api_key;   // empty where a local server needs none
    std::string model;
    int max_output_tokens = 4000;  // reasoning that is not shown counts, too
    SchemaMode schema_mode = SchemaMode::kStrict;
    std::optional<double> temperature;  // not sent where unknown: some models refuse it
};

enum class Outcome { kOk, kRefusal, kTruncated, kInvalidJson, kTimeout, kHttpError, kRateLimited, kBillingError };

// As the outcomes are called in llm_call.
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

// Whom a failure concerns beyond the prompt that met it.
enum class Concern {
    kNobody,    // another prompt may well succeed
    kProvider,  // it is busy: leave it alone for a while
    kAccount,   // key, bill, rights, name of the model: a person has to act
};

struct Answer {
    Outcome outcome = Outcome::kHttpError;
    std::string text;   // with kOk: what the model wrote, for store_llm_result()
    std::string error;  // why there is no text, fit for a record
    int http_status = 0;
    std::string model;       // as the API names it, which can differ from what was asked for
    std::string request_id;  // for the provider's support
    std::optional<std::int64_t> tokens_in;
    std::optional<std::int64_t> tokens_out;
    std::optional<std::chrono::milliseconds> wait;  // what the provider asks for
    Concern concern = Concern::kNobody;
    bool worth_repeating = true;  // the same request may succeed later
};

class Dialect {
public:
    Dialect() = default;
    Dialect(const Dialect &) = delete;
    Dialect &operator=(const Dialect &) = delete;
    virtual ~Dialect() = default;

    [[nodiscard]] virtual http::Call request(const Prompt &prompt, const Endpoint &endpoint) const = 0;
    [[nodiscard]] virtual Answer read(const http::Reply &response, std::chrono::system_clock::time_point now) const = 0;
};

// "gemini", "openai_chat", "openai_responses" or "anthropic"; none for another name.
[[nodiscard]] std::unique_ptr<Dialect> make_dialect(std::string_view name);

// For a call to which no response came.
[[nodiscard]] Answer no_answer(bool timed_out, std::string error);

}  // namespace poller::llm
