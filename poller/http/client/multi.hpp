// libcurl's multi interface on the io_context: it says which sockets and what time to wait for, and is told what came.
#pragma once

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <unordered_map>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/http/client/client.hpp"

namespace poller::http {

// How one transfer ended, for the one who waits for it.
struct Completion {
    bool done = false;
    CURLcode code = CURLE_OK;
    Wakeup changed;
};

class Client::Multi : public std::enable_shared_from_this<Multi> {
public:
    explicit Multi(const asio::any_io_executor &executor);
    Multi(const Multi &) = delete;
    Multi &operator=(const Multi &) = delete;
    ~Multi();

    // The completion stays where it is until remove().
    void add(CURL *transfer, Completion &completion);
    void remove(CURL *transfer);

private:
    struct Watch;

    static int on_socket(CURL *transfer, curl_socket_t socket, int wanted, void *self, void *unused);
    static int on_timer(CURLM *multi, long milliseconds, void *self);
    void wait(const std::shared_ptr<Watch> &watch, bool to_write);
    void act(curl_socket_t socket, int events);

    asio::any_io_executor executor_;
    std::unique_ptr<CURLM, CURLMcode (*)(CURLM *)> multi_;
    asio::steady_timer timer_;
    std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
};

}  // namespace poller::http
