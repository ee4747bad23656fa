#include "poller/monday/budget.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "poller/async/backoff.hpp"
#include "poller/async/sleep.hpp"
#include "poller/crypto/encoding.hpp"
#include "poller/errors.hpp"
#include "poller/monday/rate_limit.hpp"

namespace poller::monday {
namespace {

using std::chrono::milliseconds;

constexpr const char *kCalls = "monday";
constexpr const char *kComplexity = "monday complexity";
const std::vector<std::string> kBuckets{kCalls, kComplexity};

// The policies of the headers, and what they are called here.
struct Policy {
    std::string_view header_name;
    const char *bucket;
};
constexpr Policy kPolicies[] = {{"minuteRate", kCalls}, {"complexityMinute", kComplexity}};

// The gate of one token, by a part of its digest.
std::string gate_of(std::string_view token) { return "monday token " + to_hex(sha256(token)).substr(0, 12); }

std::string gate_of_writes(std::string_view token) { return gate_of(token) + " writes"; }

std::optional<std::int64_t> remaining_of(const std::vector<RateLimit> &limits, std::string_view name) {
    const auto found = std::ranges::find(limits, name, &RateLimit::name);
    return found == limits.end() ? std::nullopt : found->remaining;
}

}  // namespace

awaitable<std::int64_t> Budget::reserve(const Document &document, Use use, std::string_view token,
                                        milliseconds patience, std::stop_token stop) {
    const auto known = complexity_.find(document.name);
    const std::int64_t complexity = known == complexity_.end() ? document.assumed_complexity : known->second;
    std::vector<std::string> gates{kCalls, kComplexity, gate_of(token)};
    std::vector<std::int64_t> wanted{1, complexity, 0};
    if (use == Use::kWrite) {
        gates.push_back(gate_of_writes(token));
        wanted.push_back(0);
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const db::Result result = co_await database_.query(
            "SELECT ceil(extract(epoch FROM reserve_provider_tokens($1, $2, $3)) * 1000)::bigint",
            db::params(gates, wanted, left_to_others_));
        const milliseconds wait{result[0][0].integer()};
        if (wait <= milliseconds{0}) co_return complexity;
        // Nobody waits for a token that was refused: it is not the same once it is accepted.
        std::string reason = co_await reason_of(gate_of(token));
        if (reason.empty() && use == Use::kWrite) reason = co_await reason_of(gate_of_writes(token));
        const bool is_refused = !reason.empty();
        if (is_refused || stop.stop_requested() || std::chrono::steady_clock::now() + wait > deadline) {
            if (!is_refused) reason = co_await reason_of(kCalls);
            throw WaitError(wait, "no call to monday.com now: " + (reason.empty() ? "its limits are used up" : reason));
        }
        // Those who wait for the same do not come back together.
        co_await sleep_for(jittered(wait, 0.1) + milliseconds{10}, stop);
    }
}

awaitable<void> Budget::settle(std::string_view document, std::int64_t reserved, std::optional<std::int64_t> used,
                               const http::Headers &headers) {
    if (used) complexity_.insert_or_assign(std::string{document}, *used);
    const std::string policy{http::find_header(headers, "ratelimit-policy").value_or("")};
    if (!policy.empty() && policy != known_policy_) {
        for (const RateLimit &limit : read_rate_limits(policy)) {
            const auto known = std::ranges::find(kPolicies, limit.name, &Policy::header_name);
            if (known == std::end(kPolicies) || !limit.quota || !limit.window_seconds) continue;
            co_await adopt_quota(known->bucket, *limit.quota, *limit.window_seconds);
        }
        known_policy_ = policy;
    }
    const auto limits = read_rate_limits(http::find_header(headers, "ratelimit").value_or(""));
    const std::int64_t beyond = used.value_or(reserved) - reserved;
    const std::vector<std::int64_t> unreserved{0, beyond};
    const std::vector<std::optional<std::int64_t>> remaining{remaining_of(limits, "minuteRate"),
                                                             remaining_of(limits, "complexityMinute")};
    co_await database_.query("SELECT settle_provider_tokens($1, $2, $3)", db::params(kBuckets, unreserved, remaining));
}

awaitable<void> Budget::adopt_quota(std::string_view bucket, std::int64_t quota, std::int64_t window_seconds) {
    if (quota < 4 || window_seconds < 1) co_return;
    co_await database_.query("SELECT set_provider_quota($1, $2, make_interval(secs => $3))",
                             db::params(bucket, quota, window_seconds));
}

awaitable<void> Budget::block(milliseconds wait, std::string_view reason) { co_await shut(kCalls, wait, reason); }

awaitable<void> Budget::block_token(std::string_view token, milliseconds wait, std::string_view reason) {
    co_await shut(gate_of(token), wait, reason);
}

awaitable<void> Budget::block_writes(std::string_view token, milliseconds wait, std::string_view reason) {
    co_await shut(gate_of_writes(token), wait, reason);
}

awaitable<void> Budget::shut(std::string gate, milliseconds wait, std::string_view reason) {
    co_await database_.query("SELECT block_provider($1, make_interval(secs => $2::double precision / 1000), $3)",
                             db::params(gate, wait.count(), reason));
}

awaitable<std::string> Budget::reason_of(std::string gate) {
    const db::Result shut = co_await database_.query(
        "SELECT coalesce(nullif(reason, ''), 'unknown') FROM provider_gate WHERE provider = $1 AND blocked_until > "
        "now()",
        db::params(gate));
    co_return shut.empty() ? std::string{} : std::string{shut[0][0].text()};
}

}  // namespace poller::monday
