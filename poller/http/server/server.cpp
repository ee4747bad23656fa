#include "poller/http/server/server.hpp"

#include <fmt/format.h>

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/http/server/session.hpp"
#include "poller/log/log.hpp"

namespace poller::http {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kWatchInterval{500};
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};
// Beyond so many that are being told to come back, connections are closed without a word.
constexpr std::size_t kMostRefusedAtOnce = 256;

}  // namespace

Server::Server(const asio::any_io_executor &executor, const Router &router, ServerLimits limits,
               std::function<void(const Exchange &)> observe)
    : executor_(executor), router_(router), limits_(limits), observe_(std::move(observe)), acceptor_(executor) {}

Server::~Server() = default;

void Server::listen(const std::string &address, int port) {
    try {
        const tcp::endpoint endpoint(asio::ip::make_address(address), static_cast<std::uint16_t>(port));
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(endpoint);
        acceptor_.listen();
    } catch (const boost::system::system_error &error) {
        throw ConfigError(fmt::format("cannot listen on {} port {} (POLLER_ADDRESS, WEBHOOK_PORT): {}", address, port,
                                      error.code().message()));
    }
}

int Server::port() const { return acceptor_.local_endpoint().port(); }

awaitable<void> Server::run() {
    while (!stopping_) {
        error_code error;
        tcp::socket socket = co_await acceptor_.async_accept(into(error));
        if (stopping_) {
            co_return;
        }
        if (error) {
            // Out of descriptors or memory: the waiting connections stay in the kernel's queue for a moment.
            if (!starved_) {
                log::warning("could not accept connections", {{"error", error.message()}});
            }
            starved_ = true;
            co_await sleep_for(kPauseWithoutDescriptors);
            continue;
        }
        starved_ = false;
        ++accepted_;
        const bool welcome = sessions_.size() < limits_.connections;
        refused_ += welcome ? 0 : 1;
        if (!welcome && leaving_.size() >= kMostRefusedAtOnce) {
            continue;
        }
        spawn(executor_, serve(std::move(socket), welcome));
        if (!watching_) {
            watching_ = true;
            spawn(executor_, close_overdue());
        }
    }
}

awaitable<void> Server::serve(tcp::socket socket, bool welcome) {
    Session session(*this, std::move(socket));
    std::list<Session *> &list = welcome ? sessions_ : leaving_;
    const auto place = list.insert(list.end(), &session);
    if (welcome) {
        co_await session.run();
    } else {
        co_await session.refuse();
    }
    list.erase(place);
    session_ended_.wake_all();
}

awaitable<void> Server::close_overdue() {
    do {
        co_await sleep_for(kWatchInterval);
        const auto now = Clock::now();
        for (const std::list<Session *> *list : {&sessions_, &leaving_}) {
            for (Session *session : *list) {
                if (now >= session->deadline()) {
                    session->close();
                }
            }
        }
    } while (!sessions_.empty() || !leaving_.empty());
    watching_ = false;
}

void Server::close() {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    for (Session *session : sessions_) {
        if (session->idle()) {
            session->close();
        }
    }
}

awaitable<void> Server::stop(std::chrono::steady_clock::duration grace) {
    close();
    const auto deadline = Clock::now() + grace;
    while (!sessions_.empty() && Clock::now() < deadline) {
        co_await session_ended_.wait_for(deadline - Clock::now());
    }
    for (Session *session : sessions_) {
        session->close();
    }
}

Server::Counts Server::counts() const noexcept { return {sessions_.size(), accepted_, refused_}; }

}  // namespace poller::http
