// The loop that runs everything, with an end in order.
#pragma once

#include "poller/asio.hpp"

namespace poller {

class EventLoop : public asio::io_context {
public:
    using asio::io_context::io_context;

    // Takes down the tasks that still wait, when it goes. Declared after all that they refer to: the loop itself, which
    // others were made with, is destroyed last and would take them down too late.
    class EndOfTasks {
    public:
        explicit EndOfTasks(EventLoop &loop) : loop_(loop) {}
        EndOfTasks(const EndOfTasks &) = delete;
        EndOfTasks &operator=(const EndOfTasks &) = delete;
        ~EndOfTasks() { loop_.shutdown(); }

    private:
        EventLoop &loop_;
    };

    // For a command: runs the task to its end and takes down what still waits then, before anything that the caller has
    // made goes. Returns what the task returns and throws what it throws.
    [[nodiscard]] int run_to_end(awaitable<int> task);
};

}  // namespace poller
