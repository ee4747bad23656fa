// The HTTP server: accepts connections, holds them to their limits, and stops in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/http/server/router.hpp"

namespace poller::http {

class Session;

struct ServerLimits {
    std::size_t connections = 1024;
    std::size_t head_bytes = 16 * 1024;
    // A connection that exceeds one of these is closed; they are checked twice a second.
    std::chrono::milliseconds idle = std::chrono::seconds(75);  // between two requests
    std::chrono::milliseconds head =
        std::chrono::seconds(10);  // from the first byte of a request to the end of its head
    std::chrono::milliseconds body = std::chrono::seconds(30);   // for all of the body
    std::chrono::milliseconds write = std::chrono::seconds(30);  // for the answer, or each piece of a streamed one
    bool behind_proxy = false;                                   // the last address of X-Forwarded-For is the client's
};

// What became of one request; for metrics.
struct Exchange {
    std::string_view method;
    std::string_view route;  // the pattern; empty where none matched
    int status;
    std::chrono::steady_clock::duration duration;  // from the end of the request to the end of the answer
};

class Server {
public:
    // The router outlives the server.
    Server(const asio::any_io_executor &executor, const Router &router, ServerLimits limits,
           std::function<void(const Exchange &)> observe = {});
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;
    ~Server();

    // Port 0 takes any free one. ConfigError if the address or port cannot be had.
    void listen(const std::string &address, int port);
    [[nodiscard]] int port() const;

    // Accepts until stop().
    [[nodiscard]] awaitable<void> run();

    // No new connections and requests from here on; connections that wait for a request are closed.
    void close();
    // close(), and what is under way gets that long to end; then everything is closed.
    [[nodiscard]] awaitable<void> stop(std::chrono::steady_clock::duration grace);

    struct Counts {
        std::size_t open = 0;
        std::uint64_t accepted = 0;
        std::uint64_t refused = 0;  // beyond the limit of connections
    };
    [[nodiscard]] Counts counts() const noexcept;

private:
    friend class Session;

    awaitable<void> serve(tcp::socket socket, bool welcome);
    awaitable<void> close_overdue();

    asio::any_io_executor executor_;
    const Router &router_;
    ServerLimits limits_;
    std::function<void(const Exchange &)> observe_;
    tcp::acceptor acceptor_;
    std::list<Session *> sessions_;
    std::list<Session *> leaving_;  // that are being told to come back later
    Wakeup session_ended_;
    bool watching_ = false;
    bool stopping_ = false;
    bool starved_ = false;  // the last connection could not be accepted
    std::uint64_t accepted_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace poller::http
