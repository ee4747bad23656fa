#include "poller/asio.hpp"

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>

namespace poller {

void spawn(const asio::any_io_executor &executor, awaitable<void> task) {
    asio::co_spawn(executor, std::move(task), [](const std::exception_ptr &error) {
        if (error) {
            std::rethrow_exception(error);
        }
    });
}

}  // namespace poller
