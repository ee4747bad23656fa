#include "poller/async/event_loop.hpp"

#include <exception>

namespace poller {

int EventLoop::run_to_end(awaitable<int> task) {
    int result = 0;
    std::exception_ptr failure;
    const EndOfTasks end_of_tasks(*this);
    asio::co_spawn(*this, std::move(task), [&](std::exception_ptr thrown, int returned) {
        failure = std::move(thrown);
        result = returned;
        stop();  // kept connections and workers never end by themselves
    });
    run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return result;
}

}  // namespace poller
