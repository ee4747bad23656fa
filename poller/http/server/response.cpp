#include "poller/http/server/response.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/beast/http/status.hpp>

#include <ctime>
#include <nlohmann/json.hpp>

namespace poller::http {
namespace {

[[nodiscard]] Response with_type(int status, std::string body, const char *type) {
    Response response;
    response.status = status;
    response.headers.emplace_back("Content-Type", type);
    response.body = std::move(body);
    return response;
}

// As RFC 9110 wants it; made once a second.
[[nodiscard]] const std::string &date() {
    static std::time_t made_at = 0;
    static std::string text;
    if (const std::time_t now = std::time(nullptr); now != made_at) {
        made_at = now;
        text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    }
    return text;
}

}  // namespace

Response Response::json(int status, std::string body) { return with_type(status, std::move(body), "application/json"); }

Response Response::text(int status, std::string body) {
    return with_type(status, std::move(body), "text/plain; charset=utf-8");
}

Response Response::error(int status, std::string_view code, std::string_view detail) {
    const nlohmann::json body = {{"detail", detail}, {"code", code}};
    // Details may repeat what a client sent, in whatever encoding.
    return json(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Response &&Response::with(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
}

std::string_view reason_phrase(int status) {
    const auto phrase =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(status)));
    return {phrase.data(), phrase.size()};
}

std::string format_head(const Response &response, bool chunked, bool keep_alive) {
    std::string head =
        fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_phrase(response.status), date());
    for (const auto &[name, value] : response.headers) {
        fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
    }
    if (chunked) {
        head += "Transfer-Encoding: chunked\r\n";
    } else if (!response.stream && response.status != 204 && response.status != 304) {
        fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
    }
    head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return head;
}

}  // namespace poller::http
