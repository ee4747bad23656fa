#include "poller/llm/exchange.hpp"

#include "poller/http/retry_after.hpp"

namespace poller::llm {

http::Call json_request(const Endpoint &endpoint, std::string_view path, http::Headers headers,
                        const nlohmann::ordered_json &body) {
    std::string_view base = endpoint.base_url;
    while (base.ends_with('/')) base.remove_suffix(1);
    headers.emplace_back("Content-Type", "application/json");
    headers.emplace_back("Accept", "application/json");
    return {"POST", std::string{base}.append(path), std::move(headers),
            body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

std::string system_text(const Prompt &prompt, bool with_schema) {
    if (!with_schema) return prompt.system;
    return prompt.system + "\n\nThe JSON schema of the answer:\n" + prompt.schema.dump();
}

Answer failure_by_status(const http::Reply &response, std::string error, std::chrono::system_clock::time_point now) {
    Answer answer;
    answer.http_status = response.status;
    answer.error = error.empty() ? "HTTP status " + std::to_string(response.status) : std::move(error);
    answer.wait = http::retry_after(response.headers, now);
    switch (response.status) {
        case 401:
        case 403:
        case 404:
            answer.concern = Concern::kAccount;
            answer.worth_repeating = false;
            break;
        case 402: make_billing_error(answer); break;
        case 429:
            answer.outcome = Outcome::kRateLimited;
            answer.concern = Concern::kProvider;
            break;
        case 503:
        case 529:
            if (answer.wait) answer.outcome = Outcome::kRateLimited;
            answer.concern = Concern::kProvider;
            break;
        case 408:
        case 409:
        case 425: break;
        default: answer.worth_repeating = response.status >= 500; break;
    }
    return answer;
}

void make_billing_error(Answer &answer) {
    answer.outcome = Outcome::kBillingError;
    answer.concern = Concern::kAccount;
    answer.worth_repeating = false;
}

Answer unreadable(const http::Reply &response, std::string error) {
    Answer answer;
    answer.http_status = response.status;
    return failed(std::move(answer), Outcome::kInvalidJson, std::move(error));
}

Answer with_text(Answer answer, std::string text) {
    if (text.empty()) return failed(std::move(answer), Outcome::kInvalidJson, "the answer holds no text");
    answer.outcome = Outcome::kOk;
    answer.text = std::move(text);
    return answer;
}

Answer failed(Answer answer, Outcome outcome, std::string error) {
    answer.outcome = outcome;
    answer.error = std::move(error);
    // The same question is refused again.
    answer.worth_repeating = outcome != Outcome::kRefusal;
    return answer;
}

}  // namespace poller::llm
