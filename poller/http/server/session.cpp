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
// What surrounds a chunk of one byte; more than this for each byte of a body is no honest use of chunks.
constexpr std::size_t kFramingOfAByte = 6;
constexpr std::size_t kMostDiscarded = 1024 * 1024;
constexpr std::string_view kMethods = "GET, HEAD, POST, OPTIONS";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// The parser waits for the end of a line that has none.
[[nodiscard]] bool has_bare_line_feed(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        if (at == 0 || text[at - 1] != '\r') {
            return true;
        }
    }
    return false;
}

// A target of the form that proxies get says whom the request is for, and Host counts no more.
void take_origin_form(Request::Message &head) {
    const auto target = head.target();
    if (const auto absolute = absolute_form({target.data(), target.size()})) {
        head.target(absolute->target);
        head.set(beast::http::field::host, absolute->host);
    }
}

std::string address_of_peer(const tcp::socket &socket) {
    error_code gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    return gone ? std::string() : peer.address().to_string();
}

}  // namespace

struct Session::Incoming {
    beast::http::request_parser<beast::http::string_body> parser;
    // As the head had it: the parser adds the fields of a trailer, which may stand for none of the head's.
    std::optional<beast::http::request_header<>> head;
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

// False if the client left, or there is no space: a read of nothing would succeed at once, again and again.
awaitable<bool> Session::read_some() {
    error_code error;
    const auto space = buffer_.prepare(std::min(kReadSize, buffer_.max_size() - buffer_.size()));
    if (space.size() == 0) {
        co_return false;
    }
    const std::size_t count = co_await socket_.async_read_some(space, into(error));
    buffer_.commit(count);
    co_return !error;
}

std::string_view Session::unread() const { return {static_cast<const char *>(buffer_.data().data()), buffer_.size()}; }

// Some clients send one after a body (RFC 9112, 2.2).
void Session::skip_empty_lines() {
    while (unread().starts_with("\r\n")) {
        buffer_.consume(2);
    }
}

// The parser knows two versions, and calls all others no HTTP.
std::optional<Refused> Session::settle_version(std::size_t line_length) {
    const std::string_view line = unread().substr(0, line_length);
    if (has_later_minor_version(line)) {
        static_cast<char *>(buffer_.data().data())[line_length - 1] = '1';
    }
    return refuse_version(line);
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
    std::size_t first_line = std::string_view::npos;  // its length, once it is there
    while (true) {
        error_code error = beast::http::error::need_more;
        std::optional<Refused> refused;
        if (first_line == std::string_view::npos) {
            skip_empty_lines();
            first_line = unread().find("\r\n");
            refused = first_line == std::string_view::npos ? std::nullopt : settle_version(first_line);
        }
        if (!refused && !unread().empty() && unread() != "\r") {
            buffer_.consume(parser.put(buffer_.data(), error));
            refused = !error && parser.is_header_done() ? refuse_head(parser.get()) : std::nullopt;
        }
        if (refused) {
            co_await refuse_request(refused->status, refused->code, refused->detail);
            co_return false;
        }
        if (!error && parser.is_header_done()) {
            co_return true;
        }
        if (error == beast::http::error::header_limit ||
            (error == beast::http::error::need_more && buffer_.size() >= server_.limits_.head_bytes)) {
            if (first_line == std::string_view::npos) {
                co_await refuse_request(414, "target_too_long", "the target of the request is too long");
            } else {
                co_await refuse_request(431, "head_too_large", "the headers are too large");
            }
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
    if (parser.get().version() >= 11 && buffer_.size() == 0 &&
        beast::http::token_list(parser.get()[beast::http::field::expect]).exists("100-continue")) {
        error_code error;
        co_await asio::async_write(socket_, asio::buffer(kContinue), into(error));
        if (error) {
            co_return false;
        }
    }
    parser.eager(true);
    std::size_t consumed = 0;
    while (!parser.is_done()) {
        error_code error;
        if (buffer_.size() > 0) {
            const std::size_t count = parser.put(buffer_.data(), error);
            buffer_.consume(count);
            consumed += count;
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
            if (has_bare_line_feed(unread())) {
                co_await refuse_request(400, "bad_request", "lines among chunks end with CR and LF");
                co_return false;
            }
            // What is left is the beginning of a chunk's size and extensions, or of the trailer.
            const std::size_t body = parser.get().body().size();
            if (consumed - body + buffer_.size() > server_.limits_.head_bytes + kFramingOfAByte * body) {
                co_await refuse_request(413, "body_too_large", "extensions of chunks and the trailer are too large");
                co_return false;
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
    take_origin_form(parser.get());
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
        if (parser.chunked()) {
            incoming.head = parser.get().base();
        }
        if (!parser.is_done() && !co_await read_body(incoming)) {
            co_return false;
        }
    }
    const bool read_completely = parser.is_done();
    Request::Message message = parser.release();
    if (incoming.head) {
        message.base() = std::move(*incoming.head);
    }
    std::string client = client_address(message);
    Request request(std::move(message), std::move(client));

    deadline_ = Clock::time_point::max();  // a handler has limits of its own
    const auto started = Clock::now();
    Response response;
    if (match != nullptr) {
        request.set_parameters(std::move(match->parameters));
        response = co_await handle(*match->route, request);
    } else if (const auto *not_allowed = std::get_if<Router::NotAllowed>(&found)) {
        response = Response::error(405, "method_not_allowed", "allowed: " + not_allowed->allow)
                       .with("Allow", not_allowed->allow);
    } else if (request.target() == "*") {
        response.status = 204;
        response.headers.emplace_back("Allow", kMethods);
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
        // Some proxies add to the line that a client sent, some add a line after it.
        const auto [first, end] = message.equal_range("X-Forwarded-For");
        const auto forwarded = first == end ? beast::string_view() : std::prev(end)->value();
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
