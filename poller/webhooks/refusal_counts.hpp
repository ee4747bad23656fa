// How many requests were refused, and why, told to the database: whoever looks at the status learns that a sender does
// not get in. Together and once in a while, so that strangers cannot make it write.
#pragma once

#include <cstdint>
#include <map>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/webhooks/refusal.hpp"

namespace poller {

// Outlives what it has begun, unless the loop has stopped.
class RefusalCounts {
public:
    RefusalCounts(asio::any_io_executor executor, db::Pool &database);
    RefusalCounts(const RefusalCounts &) = delete;
    RefusalCounts &operator=(const RefusalCounts &) = delete;

    void add(Refusal refusal);

private:
    // Until there is nothing more to tell.
    awaitable<void> tell();

    asio::any_io_executor executor_;
    db::Pool &database_;
    std::map<Refusal, std::int64_t> counts_;
    bool is_telling_ = false;
};

}  // namespace poller
