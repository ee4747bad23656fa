// A server on a port of its own and whoever asks it, on one io_context.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <functional>
#include <string>

#include "poller/asio.hpp"
#include "poller/http/server/router.hpp"
#include "poller/http/server/server.hpp"

namespace poller::http {

class HttpHarness : public testing::Test {
public:
    // Runs a test to its end; what it throws fails the test.
    void run(std::function<awaitable<void>()> test, ServerLimits limits = {}) {
        Server server(context_.get_executor(), router_, limits, [this](const Exchange &each) {
            exchanges_.push_back(std::string(each.method) + " " + std::string(each.route) + " " +
                                 std::to_string(each.status));
        });
        server.listen("127.0.0.1", 0);
        server_ = &server;
        spawn(context_.get_executor(), server.run());
        std::exception_ptr failure;
        bool done = false;
        asio::co_spawn(context_, std::move(test), [&](const std::exception_ptr &error) {
            failure = error;
            done = true;
            context_.stop();
        });
        context_.run_for(std::chrono::seconds(20));
        EXPECT_TRUE(done) << "the test did not come to its end";
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

    [[nodiscard]] std::string url(std::string_view path) const {
        return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(path);
    }

    [[nodiscard]] awaitable<tcp::socket> connect() {
        tcp::socket socket(context_);
        co_await socket.async_connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(server_->port())},
                                      use_awaitable);
        co_return socket;
    }

    // Sends bytes as they are, reads until the server closes.
    [[nodiscard]] awaitable<std::string> converse(std::string request) {
        tcp::socket socket = co_await connect();
        co_await asio::async_write(socket, asio::buffer(request), use_awaitable);
        co_return co_await read_all(socket);
    }

    [[nodiscard]] static awaitable<std::string> read_all(tcp::socket &socket) {
        std::string received;
        error_code error;
        while (!error) {
            char piece[4096];
            const std::size_t size = co_await socket.async_read_some(asio::buffer(piece), into(error));
            received.append(piece, size);
        }
        co_return received;
    }

    asio::io_context context_;
    Router router_;
    Server *server_ = nullptr;
    std::vector<std::string> exchanges_;  // "GET /pattern 200"
};

}  // namespace poller::http
