#include "poller/llm/explainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "poller/errors.hpp"
#include "poller/llm/exchange.hpp"
#include "poller/log/log.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::llm {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// How long a provider is left alone that does not say so itself.
constexpr milliseconds kBusyPause = std::chrono::seconds{30};
constexpr milliseconds kAccountPause = std::chrono::hours{1};
constexpr std::size_t kLargestAnswer = 4UL << 20;

Prompt prompt_of(const json &request, std::string_view request_text) {
    Prompt prompt;
    prompt.system = text_of(member(request, "system")).value_or("");
    prompt.user = text_of(member(request, "user")).value_or("");
    // Once more, in the order in which the database wrote it: models answer in that order.
    prompt.schema = nlohmann::ordered_json::parse(request_text).at("schema");
    return prompt;
}

// Some servers repeat the key that they refuse.
std::string without_key(std::string text, const std::string &key) {
    if (key.empty()) return text;
    for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at))
        text.replace(at, key.size(), "***");
    return text;
}

std::string describe(const Answer &answer) {
    return fmt::format("{}{}{}", to_string(answer.outcome), answer.error.empty() ? "" : ": ", answer.error);
}

}  // namespace

awaitable<Explainer::Exchange> Explainer::ask(const Prompt &prompt, int max_output_tokens) {
    Endpoint endpoint = service_.endpoint;
    endpoint.max_output_tokens = max_output_tokens;
    http::SendLimits limits;
    limits.total = service_.timeout;
    limits.reply_bytes = kLargestAnswer;

    Exchange exchange;
    const auto started = steady_clock::now();
    try {
        const http::Reply reply = co_await http_.send(service_.dialect->request(prompt, endpoint), limits, stop_);
        exchange.answer = service_.dialect->read(reply, std::chrono::system_clock::now());
    } catch (const http::NoReply &error) {
        exchange.answer = no_answer(steady_clock::now() - started >= limits.total, error.what());
    } catch (const PermanentError &error) {
        exchange.answer = no_answer(false, error.what());
        exchange.answer.worth_repeating = false;
    }
    exchange.answer = with_schema_hint(std::move(exchange.answer), endpoint.schema_mode);
    exchange.duration = std::chrono::duration_cast<milliseconds>(steady_clock::now() - started);
    exchange.answer.error = without_key(std::move(exchange.answer.error), endpoint.api_key);
    // The database's texts hold no NUL characters.
    std::erase(exchange.answer.text, '\0');
    std::erase(exchange.answer.error, '\0');
    const Answer &answer = exchange.answer;
    (answer.outcome == Outcome::kOk ? log::info : log::warning)(
        "language model call", {{"provider", service_.provider},
                                {"model", answer.model.empty() ? endpoint.model : answer.model},
                                {"outcome", to_string(answer.outcome)},
                                {"status", answer.http_status},
                                {"ms", exchange.duration.count()},
                                {"request_id", answer.request_id},
                                {"tokens_in", answer.tokens_in.value_or(-1)},
                                {"tokens_out", answer.tokens_out.value_or(-1)},
                                {"error", answer.error}});
    co_return exchange;
}

awaitable<Explainer::Ending> Explainer::end(const std::string &project_id, const json &request,
                                            const Exchange &exchange) {
    const Answer &answer = exchange.answer;
    json meta = json::object();
    meta["provider"] = service_.provider;
    meta["model"] = service_.endpoint.model;
    meta["prompt_version"] = member(request, "prompt_version");
    meta["duration_ms"] = exchange.duration.count();
    if (answer.http_status != 0) meta["http_status"] = answer.http_status;
    if (answer.tokens_in) meta["tokens_in"] = *answer.tokens_in;
    if (answer.tokens_out) meta["tokens_out"] = *answer.tokens_out;
    if (!answer.error.empty()) meta["error"] = answer.error;
    const db::Result row = co_await database_.query(
        "SELECT result, ceil(extract(epoch FROM greatest(next_attempt_at - clock_timestamp(), interval '0')) * "
        "1000)::bigint "
        "FROM end_llm_explanation($1, $2, $3, $4, $5::jsonb)",
        db::params(project_id, text_of(member(request, "input_hash")), to_string(answer.outcome), answer.text,
                   to_text(meta)));
    Ending ending{std::string{row[0][0].text()}, std::nullopt};
    if (!row[0][1].is_null()) ending.next_attempt = milliseconds{row[0][1].integer()};
    co_return ending;
}

// All jobs that need the provider wait, not this one alone.
awaitable<void> Explainer::leave_alone(const Answer &answer) {
    if (answer.concern == Concern::kNobody) co_return;
    const milliseconds pause = answer.wait.value_or(answer.concern == Concern::kProvider ? kBusyPause : kAccountPause);
    co_await database_.query("SELECT block_provider('llm', make_interval(secs => $1::double precision / 1000), $2)",
                             db::params(pause.count(), service_.provider + ", " + describe(answer)));
}

awaitable<std::string> Explainer::explain(std::string project_id, bool force) {
    const db::Result begun = co_await database_.query(
        "SELECT action, reason, ceil(extract(epoch FROM greatest(wait_until - clock_timestamp(), interval '0')) * "
        "1000)::bigint, request "
        "FROM begin_llm_explanation($1, $2, $3, $4)",
        db::params(project_id, service_.provider, service_.endpoint.model, force));
    const db::Row row = begun[0];
    const std::string reason{row[1].text()};
    if (row[0].text() == "wait") throw WaitError(milliseconds{row[2].integer()}, reason);
    if (row[0].text() == "done") co_return reason;

    const json request = parse_json(row[3].text()).value_or(json::object());
    const Prompt prompt = prompt_of(request, row[3].text());
    int cap = service_.endpoint.max_output_tokens;
    Exchange exchange = co_await ask(prompt, cap);
    if (exchange.answer.outcome == Outcome::kTruncated) {
        // Asked for the same again it would be cut again: once more, with room for twice as much.
        co_await end(project_id, request, exchange);
        cap *= 2;
        exchange = co_await ask(prompt, cap);
    }
    const Ending ending = co_await end(project_id, request, exchange);
    const Answer &answer = exchange.answer;
    co_await leave_alone(answer);
    if (ending.result == "ok") co_return "explained";
    if (ending.result == "stale") co_return "the analysis changed meanwhile";
    const std::string error = answer.outcome == Outcome::kOk ? ending.result : describe(answer);
    const bool is_wait = answer.outcome == Outcome::kRateLimited || answer.outcome == Outcome::kBillingError;
    if (!is_wait && (!answer.worth_repeating || !ending.next_attempt)) throw PermanentError(error);
    milliseconds wait = ending.next_attempt.value_or(milliseconds{0});
    if (answer.concern != Concern::kNobody) wait = std::max(wait, answer.wait.value_or(kBusyPause));
    throw WaitError(wait, error);
}

}  // namespace poller::llm
