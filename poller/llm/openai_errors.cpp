#include "poller/llm/openai_errors.hpp"

#include <algorithm>
#include <array>

#include "poller/llm/duration.hpp"
#include "poller/llm/exchange.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::llm {

using nlohmann::json;
using std::chrono::milliseconds;

namespace {

constexpr std::array<std::string_view, 6> kBilling{
    "insufficient_quota",           "credit_balance_exhausted",          "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded", "organization_usage_limit_exceeded", "billing_hard_limit_reached",
};

// When the limits that are used up are filled again. A header that is missing or -1 behind a gateway is unknown.
std::optional<milliseconds> reset_of_limits(const http::Headers &headers) {
    std::optional<milliseconds> longest;
    for (const std::string kind : {"requests", "tokens"}) {
        if (http::find_header(headers, "x-ratelimit-remaining-" + kind) != "0") continue;
        const auto text = http::find_header(headers, "x-ratelimit-reset-" + kind);
        const auto reset = text ? parse_duration(*text) : std::nullopt;
        if (reset) longest = std::max(longest.value_or(milliseconds{0}), *reset);
    }
    return longest;
}

}  // namespace

Answer read_openai_failure(const http::Reply &response, std::chrono::system_clock::time_point now) {
    const json document = document_of(response).value_or(json{});
    const json &error = member(document, "error");
    // {"error": "text"} and numeric codes come from local servers.
    const std::string message = text_of(error.is_string() ? error : member(error, "message")).value_or("");
    const std::string code = id_of(member(error, "code"));
    const std::string type = text_of(member(error, "type")).value_or("");
    const std::string &name = code.empty() || whole_number_of(member(error, "code")) ? type : code;
    Answer answer = failure_by_status(response, name.empty() ? message : name + ": " + message, now);
    answer.request_id = http::find_header(response.headers, "x-request-id").value_or("");
    if (response.status != 429) return answer;
    if (std::ranges::find(kBilling, name) != kBilling.end()) make_billing_error(answer);
    if (!answer.wait) answer.wait = reset_of_limits(response.headers);
    return answer;
}

http::Headers openai_headers(const Endpoint &endpoint) {
    if (endpoint.api_key.empty()) return {};
    return {{"Authorization", "Bearer " + endpoint.api_key}};
}

}  // namespace poller::llm
