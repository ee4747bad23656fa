#include "poller/jobs/handler.hpp"

namespace poller::jobs {

awaitable<db::Result> run_statement(db::Pool &database, std::string_view statement, db::Params parameters,
                                    std::stop_token stop) {
    const db::Pool::Lease connection = co_await database.acquire();
    const std::stop_callback give_up(stop, [&connection] { connection->abort(); });
    co_return co_await connection->query(statement, std::move(parameters));
}

}  // namespace poller::jobs
