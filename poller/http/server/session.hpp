// One connection of a client: reads requests one after the other and answers them.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/http/server/head_rules.hpp"
#include "poller/http/server/server.hpp"

namespace poller::http {

class Session {
public:
    Session(Server &server, tcp::socket socket);

    // Until the client goes, an answer ends the connection, or close().
    [[nodiscard]] awaitable<void> run();
    // Tells the client to come back later.
    [[nodiscard]] awaitable<void> refuse();

    // When the server closes the connection unless something happens before.
    [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept { return deadline_; }
    // Between two requests.
    [[nodiscard]] bool idle() const noexcept { return idle_; }
    void close();

private:
    struct Incoming;
    class PieceWriter;

    awaitable<bool> serve_one();
    awaitable<bool> read_head(Incoming &incoming);
    awaitable<bool> read_body(Incoming &incoming);
    awaitable<bool> read_some();
    [[nodiscard]] std::string_view unread() const;
    void skip_empty_lines();
    [[nodiscard]] std::optional<Refused> settle_version(std::size_t line_length);
    awaitable<Response> handle(const Route &route, Request &request);
    awaitable<bool> send(const Response &response, bool head_only, bool chunked, bool keep_alive);
    awaitable<void> refuse_request(int status, std::string_view code, std::string_view detail);
    awaitable<void> linger();
    void allow(std::chrono::milliseconds time);
    [[nodiscard]] std::string client_address(const Request::Message &message) const;

    Server &server_;
    tcp::socket socket_;
    const std::string peer_address_;  // asked for once; empty where the client is gone already
    boost::beast::flat_buffer buffer_;
    std::chrono::steady_clock::time_point deadline_;
    bool idle_ = true;
};

}  // namespace poller::http
