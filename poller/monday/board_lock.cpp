#include "poller/monday/board_lock.hpp"

#include <exception>

#include "poller/errors.hpp"

namespace poller::monday {

awaitable<void> with_board_locked(db::Pool &database, std::string_view board_id,
                                  std::function<awaitable<void>()> work) {
    const db::Params board = db::params(board_id);
    const db::Pool::Lease session = co_await database.acquire();
    co_await session->query("SELECT pg_advisory_lock(hashtextextended('pipeline_forecast, board ' || $1, 0))", board);
    std::exception_ptr failure;
    try {
        co_await work();
    } catch (...) {
        failure = std::current_exception();
    }
    try {
        co_await session->query("SELECT pg_advisory_unlock(hashtextextended('pipeline_forecast, board ' || $1, 0))",
                                board);
    } catch (const Error &) {
        // A session that kept the lock must not be used again.
        session->abort();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace poller::monday
