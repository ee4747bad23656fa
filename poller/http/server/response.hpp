// An answer, whole or written piece by piece.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "poller/asio.hpp"

namespace poller::http {

// Where a large answer goes while it is being made. write() waits for a slow reader, so that nothing piles up.
class BodyWriter {
public:
    virtual ~BodyWriter() = default;
    [[nodiscard]] virtual awaitable<void> write(std::string_view piece) = 0;
};

struct Response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;  // Content-Length, Connection and Date are added
    std::string body;
    // If set, it makes the body after the head was sent, and `body` is not used. What it throws breaks the connection,
    // since the status has been told already.
    std::function<awaitable<void>(BodyWriter &)> stream;

    [[nodiscard]] static Response json(int status, std::string body);
    [[nodiscard]] static Response text(int status, std::string body);
    // {"detail": …, "code": …}
    [[nodiscard]] static Response error(int status, std::string_view code, std::string_view detail);

    Response &&with(std::string name, std::string value) &&;
};

// Thrown by a handler: the answer is an error of this status.
class HttpError : public std::runtime_error {
public:
    HttpError(int status, std::string_view code, const std::string &detail)
        : std::runtime_error(detail), status_(status), code_(code) {}

    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] const std::string &code() const noexcept { return code_; }

private:
    int status_;
    std::string code_;
};

[[nodiscard]] std::string_view reason_phrase(int status);

// Status line and headers, blank line included. chunked: the length is not known.
[[nodiscard]] std::string format_head(const Response &response, bool chunked, bool keep_alive);

}  // namespace poller::http
