// What all pollers together may ask of monday.com, and when. The account is in the database, so that any number of
// processes on any number of machines keep one limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/http/message.hpp"
#include "poller/monday/queries/documents.hpp"

namespace poller::monday {

class Budget {
public:
    // left_to_others: the share of each limit that more urgent flows find whatever this one does, 0 to below 1.
    explicit Budget(db::Pool &database, double left_to_others = 0)
        : database_(database), left_to_others_(left_to_others) {}

    enum class Use { kRead, kWrite };

    // Waits until one call with this document and token is granted, and returns the complexity that was reserved for
    // it. Throws WaitError where that takes longer than the patience.
    [[nodiscard]] awaitable<std::int64_t> reserve(const Document &document, Use use, std::string_view token,
                                                  std::chrono::milliseconds patience, std::stop_token stop);

    // After the answer: settles what was reserved with what was used, adopts what the answer says is left of the
    // limits, and the limits themselves where they are news.
    awaitable<void> settle(std::string_view document, std::int64_t reserved, std::optional<std::int64_t> used,
                           const http::Headers &headers);

    // Nobody calls for so long.
    awaitable<void> block(std::chrono::milliseconds wait, std::string_view reason);

    // Nobody calls with this token for so long; who has another one does.
    awaitable<void> block_token(std::string_view token, std::chrono::milliseconds wait, std::string_view reason);

    // Nobody writes with this token for so long; it may read.
    awaitable<void> block_writes(std::string_view token, std::chrono::milliseconds wait, std::string_view reason);

private:
    awaitable<void> shut(std::string gate, std::chrono::milliseconds wait, std::string_view reason);
    // Why a gate is shut; empty where it is open.
    [[nodiscard]] awaitable<std::string> reason_of(std::string gate);
    awaitable<void> adopt_quota(std::string_view bucket, std::int64_t quota, std::int64_t window_seconds);

    db::Pool &database_;
    double left_to_others_;
    std::map<std::string, std::int64_t, std::less<>> complexity_;  // of each document, as last seen
    std::string known_policy_;
};

}  // namespace poller::monday
