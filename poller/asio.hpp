// The one way to Boost.Asio: what the poller uses of it, under short names.
// One thread runs one io_context; everything that waits is a coroutine, awaitable<T>.
// What g++ 12 cannot do: co_await in the condition of a loop (a trap at run time when it optimises), and a braced list
// among the arguments of what is awaited ("array used as initializer"). Both go into a statement of their own.
#pragma once

#include <utility>  // Boost 1.74 uses std::exchange without including it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace poller {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;
using error_code = boost::system::error_code;

// Token for co_await: errors go into the given code and are not thrown.
[[nodiscard]] inline auto into(error_code &error) { return asio::redirect_error(use_awaitable, error); }

// Starts a task in the background. An exception that leaves it leaves io_context::run() as well: a task handles what it
// can foresee, and what it cannot ends the process with a message.
void spawn(const asio::any_io_executor &executor, awaitable<void> task);

}  // namespace poller
