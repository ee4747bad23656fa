#include "poller/http/server/session.hpp"

#include <fmt/format.h>

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <array>
#include <limits>
#include <optional>

#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::http {
namespace {

namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadSize = 4096;
constexpr std::size_t kLargestRead = 64 * 1024;
constexpr std::size_t kPieceSize = 16 * 1024;
// For the rest of a request whose answer was sent before it was read.
constexpr std::chrono::milliseconds kLinger{2000};
constexpr std::size_t kMostDiscarded = 1024 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string address_of_peer(const tcp::socket &socket) {
    error_code gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    return gone ? std::string() : peer.address().to_string();
}

}  // namespace

struct Session::Incoming {
    beast::http::request_parser<beast::http::string_body> parser;
};

// Sends what a handler writes in pieces of a good size, each as a chunk where HTTP/1.1 allows it.
class Session::PieceWriter : public BodyWriter {
public:
    PieceWriter(Session &session, bool chunked) : session_(session), chunked_(chunked) {}

    awaitable<void> write(std::string_view piece) override {
        collected_ += piece;
        if (collected_.size() >= kPieceSize) {
            co_await send();
        }
    }

    awaitable<void> finish() {
        if (!collected_.empty()) {
            co_await send();
        }
        if (chunked_) {
            co_await asio::async_write(session_.socket_, asio::buffer("0\r\n\r\n", 5), use_awaitable);
        }
    }

private:
    awaitable<void> send() {
        session_.allow(session_.server_.limits_.write);
        if (chunked_) {
            const std::string size = fmt::format("{:x}\r\n", collected_.size());
            collected_ += "\r\n";
            const std::array<asio::const_buffer, 2> parts = {asio::buffer(size), asio::buffer(collected_)};
            co_await asio::async_write(session_.socket_, parts, use_awaitable);
        } else {
            co_await asio::async_write(session_.socket_, asio::buffer(collected_), use_awaitable);
        }
        collected_.clear();
    }

    Session &session_;
    bool chunked_;
    std::string collected_;
};

Session::Session(Server &server, tcp::socket socket)
    : server_(server),
      socket_(std::move(socket)),
      peer_address_(address_of_peer(socket_)),
      buffer_(kLargestRead),
      deadline_(Clock::time_point::max()) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
}

void Session::allow(std::chrono::milliseconds time) { deadline_ = Clock::now() + time; }

void Session::close() {
    error_code ignored;
    socket_.close(ignored);
}

awaitable<void> Session::run() {
    for (bool open = true; open;) {
        open = co_await serve_one();
    }
    close();
}

awaitable<void> Session::refuse() {
    idle_ = false;
    allow(kLinger);
    Response response = Response::error(503, "too_many_connections", "too many connections; come back later");
    response.headers.emplace_back("Retry-After", "2");
    co_await send(response, false, false, false);
    co_await linger();
    close();
}

awaitable<bool> Session::read_some() {
    error_code error;
    const auto space = buffer_.prepare(std::min(kReadSize, buffer_.max_size() - buffer_.size()));
    const std::size_t count = co_await socket_.async_read_some(space, into(error));
    buffer_.commit(count);
    co_return !error;
}

// False if the connection is over; the client has then been told why, unless it left.
awaitable<bool> Session::read_head(Incoming &incoming) {
    auto &parser = incoming.parser;
    parser.header_limit(static_cast<std::uint32_t>(server_.limits_.head_bytes));
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    parser.eager(false);
    idle_ = true;
    allow(server_.limits_.idle);
    if (buffer_.size() == 0 && (server_.stopping_ || !co_await read_some())) {
        co_return false;
    }
    idle_ = false;
    allow(server_.limits_.head);
    while (true) {
        error_code error;
        buffer_.consume(parser.put(buffer_.data(), error));
        if (!error && parser.is_header_done()) {
            co_return true;
        }
        if (error == beast::http::error::header_limit ||
            (error == beast::http::error::need_more && buffer_.size() >= server_.limits_.head_bytes)) {
            co_await refuse_request(431, "head_too_large", "the request line and headers are too large");
            co_return false;
        }
        if (error && error != beast::http::error::need_more) {
            co_await refuse_request(400, "bad_request", "the request is not HTTP/1.1: " + error.message());
            co_return false;
        }
        if (!co_await read_some()) {
            co_return false;
        }
    }
}

awaitable<bool> Session::read_body(Incoming &incoming) {
    auto &parser = incoming.parser;
    allow(server_.limits_.body);
    if (beast::http::token_list(parser.get()[beast::http::field::expect]).exists("100-continue") &&
        buffer_.size() == 0) {
        error_code error;
        co_await asio::async_write(socket_, asio::buffer(kContinue), into(error));
        if (error) {
            co_return false;
        }
    }
    parser.eager(true);
    while (!parser.is_done()) {
        error_code error;
        if (buffer_.size() > 0) {
            buffer_.consume(parser.put(buffer_.data(), error));
            if (error == beast::http::error::body_limit) {
                co_await refuse_request(413, "body_too_large", "the body of the request is too large");
                co_return false;
            }
            if (error && error != beast::http::error::need_more) {
                co_await refuse_request(400, "bad_request", "the body of the request is broken: " + error.message());
                co_return false;
            }
            if (parser.is_done()) {
                break;
            }
        }
        if (!co_await read_some()) {
            co_return false;
        }
    }
    co_return true;
}

// True if another request may follow on this connection.
awaitable<bool> Session::serve_one() {
    Incoming incoming;
    if (!co_await read_head(incoming)) {
        co_return false;
    }
    auto &parser = incoming.parser;
    const auto target = parser.get().target();
    const std::string_view path = std::string_view(target.data(), target.size()).substr(0, target.find('?'));
    auto found = server_.router_.find(parser.get().method(), path);
    auto *match = std::get_if<Router::Match>(&found);
    if (match != nullptr) {
        const std::size_t limit = match->route->body_limit;
        if (const auto length = parser.content_length(); length && *length > limit) {
            co_await refuse_request(413, "body_too_large", fmt::format("the body may have {} bytes at most", limit));
            co_return false;
        }
        parser.body_limit(limit);
        if (!parser.is_done() && !co_await read_body(incoming)) {
            co_return false;
        }
    }
    const bool read_completely = parser.is_done();
    std::string client = client_address(parser.get());
    Request request(parser.release(), std::move(client));

    deadline_ = Clock::time_point::max();  // a handler has limits of its own
    const auto started = Clock::now();
    Response response;
    if (match != nullptr) {
        request.set_parameters(std::move(match->parameters));
        response = co_await handle(*match->route, request);
    } else if (const auto *not_allowed = std::get_if<Router::NotAllowed>(&found)) {
        response = Response::error(405, "method_not_allowed", "allowed: " + not_allowed->allow)
                       .with("Allow", not_allowed->allow);
    } else {
        response = Response::error(404, "not_found", "there is nothing at this path");
    }
    const bool chunked = response.stream && !request.http_1_0();
    const bool keep_alive =
        request.keep_alive() && read_completely && !server_.stopping_ && (!response.stream || chunked);
    const bool sent = co_await send(response, request.method() == Verb::head, chunked, keep_alive);
    if (server_.observe_) {
        server_.observe_({request.method_name(), match == nullptr ? std::string_view() : match->route->pattern,
                          response.status, Clock::now() - started});
    }
    if (sent && !keep_alive) {
        co_await linger();
    }
    co_return sent &&keep_alive;
}

awaitable<Response> Session::handle(const Route &route, Request &request) {
    try {
        co_return co_await route.handler(request);
    } catch (const HttpError &error) {
        co_return Response::error(error.status(), error.code(), error.what());
    } catch (const TransientError &error) {
        log::warning("request could not be served",
                     {{"route", route.pattern}, {"error", error.what()}, {"sqlstate", error.sqlstate()}});
        co_return Response::error(503, "unavailable", "the database cannot answer at the moment")
            .with("Retry-After", "2");
    } catch (const std::exception &error) {
        log::error("request failed", {{"route", route.pattern}, {"error", error.what()}});
        co_return Response::error(500, "internal_error", "the server failed on this request; its log says why");
    }
}

awaitable<bool> Session::send(const Response &response, bool head_only, bool chunked, bool keep_alive) {
    allow(server_.limits_.write);
    const std::string head = format_head(response, chunked, keep_alive);
    error_code error;
    if (head_only || response.stream) {
        co_await asio::async_write(socket_, asio::buffer(head), into(error));
    } else {
        const std::array<asio::const_buffer, 2> parts = {asio::buffer(head), asio::buffer(response.body)};
        co_await asio::async_write(socket_, parts, into(error));
    }
    if (error || head_only || !response.stream) {
        co_return !error;
    }
    try {
        PieceWriter writer(*this, chunked);
        co_await response.stream(writer);
        co_await writer.finish();
        co_return true;
    } catch (const boost::system::system_error &) {
        co_return false;  // the client left
    } catch (const std::exception &failure) {
        // Without the last chunk the client sees that the answer is not complete.
        log::error("answer broken off", {{"error", failure.what()}});
        co_return false;
    }
}

awaitable<void> Session::refuse_request(int status, std::string_view code, std::string_view detail) {
    const Response response = Response::error(status, code, detail);
    if (co_await send(response, false, false, false)) {
        co_await linger();
    }
    if (server_.observe_) {
        server_.observe_({"", "", status, Clock::duration::zero()});
    }
}

// Closing at once while the client still sends would reset the connection, and the answer might be lost.
awaitable<void> Session::linger() {
    allow(kLinger);
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    std::array<char, kReadSize> discarded;
    for (std::size_t total = 0; !error && total < kMostDiscarded;) {
        total += co_await socket_.async_read_some(asio::buffer(discarded), into(error));
    }
}

std::string Session::client_address(const Request::Message &message) const {
    if (server_.limits_.behind_proxy) {
        const auto forwarded = message["X-Forwarded-For"];
        const std::string_view list(forwarded.data(), forwarded.size());
        const std::size_t comma = list.rfind(',');
        const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
        error_code error;
        const auto address =
            asio::ip::make_address(std::string(last.substr(std::min(last.size(), last.find_first_not_of(' ')))), error);
        if (!error) {
            return address.to_string();
        }
    }
    return peer_address_;
}

}  // namespace poller::http
