// Requests to other servers: libcurl, driven by the io_context. Connections are kept and shared.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "poller/asio.hpp"
#include "poller/errors.hpp"
#include "poller/http/message.hpp"

namespace poller::http {

struct SendLimits {
    std::chrono::milliseconds connect = std::chrono::seconds(5);
    std::chrono::milliseconds total = std::chrono::seconds(30);  // from beginning to end
    std::size_t reply_bytes = 16 * 1024 * 1024;                  // of the body, decompressed
    // On a connection of its own: where a kept one breaks off, libcurl sends a request once more, unasked.
    bool only_once = false;
    // Once this moment has passed, a call that has not begun to be sent is not sent; it counts as not arrived. Looked
    // at when the connection stands: with only_once for every call.
    std::optional<std::chrono::steady_clock::time_point> not_after;
};

// There is no reply: the other side cannot be reached, says nothing in time, breaks off, or the call was stopped. In
// doubt: the call may have arrived, and may have been carried out.
class NoReply : public TransientError {
public:
    NoReply(const std::string &message, bool in_doubt) : TransientError(message), in_doubt_(in_doubt) {}

    [[nodiscard]] bool in_doubt() const noexcept { return in_doubt_; }

private:
    bool in_doubt_;
};

// Only http and https are spoken. Redirects are not followed: a reply with such a status is a reply. Proxies are taken
// from the usual variables (https_proxy, no_proxy). Nothing of URLs' queries, headers and bodies is logged.
class Client {
public:
    explicit Client(const asio::any_io_executor &executor);

    // A reply of any status; names of headers as they came. NoReply where there is none, PermanentError for a URL that
    // makes no sense or a reply that exceeds its limit.
    [[nodiscard]] awaitable<Reply> send(Call call, SendLimits limits = {}, std::stop_token stop = {});

private:
    class Multi;
    class Transfer;
    std::shared_ptr<Multi> multi_;  // shared with calls under way, which outlive the client when the process ends
};

}  // namespace poller::http
