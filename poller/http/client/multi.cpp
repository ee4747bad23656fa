#include "poller/http/client/multi.hpp"

#include <fcntl.h>

#include <new>

namespace poller::http {
namespace {

constexpr long kConnections = 64;
constexpr long kConnectionsPerHost = 16;

}  // namespace

// What curl wants to know about one of its sockets. The descriptor is a duplicate: curl closes its own whenever it
// likes, and Asio has to keep what it watches.
struct Client::Multi::Watch {
    Watch(const asio::any_io_executor &executor, int duplicate, curl_socket_t of_curl)
        : descriptor(executor, duplicate), socket(of_curl) {}

    asio::posix::stream_descriptor descriptor;
    curl_socket_t socket;
    int wanted = CURL_POLL_NONE;
    bool reading = false;  // a wait is under way
    bool writing = false;
};

Client::Multi::Multi(const asio::any_io_executor &executor)
    : executor_(executor), multi_(curl_multi_init(), &curl_multi_cleanup), timer_(executor) {
    if (multi_ == nullptr) {
        throw std::bad_alloc();
    }
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, kConnections);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, kConnectionsPerHost);
}

// curl says good-bye to its sockets while it is cleaned up; nobody is left to hear it.
Client::Multi::~Multi() {
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, nullptr);
}

void Client::Multi::add(CURL *transfer, Completion &completion) {
    curl_easy_setopt(transfer, CURLOPT_PRIVATE, &completion);
    curl_multi_add_handle(multi_.get(), transfer);
}

void Client::Multi::remove(CURL *transfer) { curl_multi_remove_handle(multi_.get(), transfer); }

int Client::Multi::on_socket(CURL *, curl_socket_t socket, int wanted, void *self, void *) {
    Multi &multi = *static_cast<Multi *>(self);
    if (wanted == CURL_POLL_REMOVE) {
        if (const auto found = multi.watches_.find(socket); found != multi.watches_.end()) {
            found->second->wanted = CURL_POLL_NONE;
            error_code ignored;
            found->second->descriptor.close(ignored);
            multi.watches_.erase(found);
        }
        return 0;
    }
    std::shared_ptr<Watch> &watch = multi.watches_[socket];
    if (!watch) {
        const int duplicate = fcntl(socket, F_DUPFD_CLOEXEC, 0);
        if (duplicate < 0) {
            multi.watches_.erase(socket);
            return -1;
        }
        watch = std::make_shared<Watch>(multi.executor_, duplicate, socket);
    }
    watch->wanted = wanted;
    multi.wait(watch, false);
    multi.wait(watch, true);
    return 0;
}

void Client::Multi::wait(const std::shared_ptr<Watch> &watch, bool to_write) {
    bool &under_way = to_write ? watch->writing : watch->reading;
    const int direction = to_write ? CURL_POLL_OUT : CURL_POLL_IN;
    if (under_way || (watch->wanted & direction) == 0) {
        return;
    }
    under_way = true;
    watch->descriptor.async_wait(
        to_write ? asio::posix::stream_descriptor::wait_write : asio::posix::stream_descriptor::wait_read,
        [self = weak_from_this(), watch, to_write, direction](const error_code &error) {
            (to_write ? watch->writing : watch->reading) = false;
            const std::shared_ptr<Multi> multi = self.lock();
            if (multi && (watch->wanted & direction) != 0) {
                multi->act(watch->socket, error ? CURL_CSELECT_ERR : to_write ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
                multi->wait(watch, to_write);
            }
        });
}

int Client::Multi::on_timer(CURLM *, long milliseconds, void *self) {
    Multi &multi = *static_cast<Multi *>(self);
    multi.timer_.cancel();
    if (milliseconds >= 0) {
        multi.timer_.expires_after(std::chrono::milliseconds(milliseconds));
        multi.timer_.async_wait([self = multi.weak_from_this()](const error_code &error) {
            if (const std::shared_ptr<Multi> living = self.lock(); living && !error) {
                living->act(CURL_SOCKET_TIMEOUT, 0);
            }
        });
    }
    return 0;
}

void Client::Multi::act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), socket, events, &running);
    int left = 0;
    while (const CURLMsg *message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg == CURLMSG_DONE) {
            Completion *completion = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &completion);
            completion->done = true;
            completion->code = message->data.result;
            completion->changed.wake_all();
        }
    }
}

}  // namespace poller::http
