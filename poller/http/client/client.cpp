#include "poller/http/client/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "poller/http/client/multi.hpp"
#include "poller/log/log.hpp"

namespace poller::http {
namespace {

constexpr std::size_t kMostHeaderBytes = 64 * 1024;

// Without user, password, query and fragment, which may hold secrets.
[[nodiscard]] std::string_view loggable(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    return url.find('@') == std::string_view::npos ? url : std::string_view("(hidden)");
}

[[nodiscard]] std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Whether the call can have arrived although curl ended so.
[[nodiscard]] bool may_have_arrived(CURLcode code, CURL *transfer) {
    long sent = 0;
    curl_easy_getinfo(transfer, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0 && code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_HOST &&
           code != CURLE_SSL_CONNECT_ERROR;
}

[[nodiscard]] bool is_permanent(CURLcode code) {
    return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_BAD_FUNCTION_ARGUMENT;
}

}  // namespace

// One call: curl's handle with all that it points to.
class Client::Transfer {
public:
    Transfer(std::shared_ptr<Multi> multi, Call call, SendLimits limits)
        : multi_(std::move(multi)),
          call_(std::move(call)),
          limits_(limits),
          handle_(curl_easy_init(), &curl_easy_cleanup),
          headers_(nullptr, &curl_slist_free_all) {
        if (handle_ == nullptr) {
            throw std::bad_alloc();
        }
        prepare();
        multi_->add(handle_.get(), completion_);
    }
    Transfer(const Transfer &) = delete;
    Transfer &operator=(const Transfer &) = delete;
    ~Transfer() { multi_->remove(handle_.get()); }

    awaitable<Reply> result(std::stop_token stop) {
        const auto started = std::chrono::steady_clock::now();
        const std::stop_callback wake(stop, [this] { completion_.changed.wake_all(); });
        while (!completion_.done && !stop.stop_requested()) {
            co_await completion_.changed.wait();
        }
        const auto taken =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
        const std::string problem = this->problem();
        log::debug("http call", {{"method", call_.method},
                                 {"url", loggable(call_.url)},
                                 {"status", reply_.status},
                                 {"ms", taken.count()},
                                 {"problem", problem}});
        if (problem.empty()) {
            co_return std::move(reply_);
        }
        if (too_large_ || (completion_.done && is_permanent(completion_.code))) {
            throw PermanentError(problem);
        }
        throw NoReply(problem, may_have_arrived(completion_.code, handle_.get()));
    }

private:
    void prepare();
    void add_header(const std::string &line);
    [[nodiscard]] std::string problem() const;

    template <typename Value>
    void set(CURLoption option, Value value) {
        curl_easy_setopt(handle_.get(), option, value);
    }

    static int on_connected(void *self, char *, char *, int, int);
    static std::size_t on_body(char *data, std::size_t, std::size_t size, void *self);
    static std::size_t on_header(char *data, std::size_t, std::size_t size, void *self);

    std::shared_ptr<Multi> multi_;
    Call call_;
    SendLimits limits_;
    std::unique_ptr<CURL, void (*)(CURL *)> handle_;
    std::unique_ptr<curl_slist, void (*)(curl_slist *)> headers_;
    Completion completion_;
    Reply reply_;
    std::size_t header_bytes_ = 0;
    bool too_large_ = false;
    bool too_late_ = false;
};

void Client::Transfer::prepare() {
    set(CURLOPT_URL, call_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.total.count()));
    set(CURLOPT_FRESH_CONNECT, limits_.only_once ? 1L : 0L);
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_USERAGENT, "pipeline-poller/" PIPELINE_FORECAST_VERSION);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_PREREQFUNCTION, &on_connected);
    set(CURLOPT_PREREQDATA, this);
    if (call_.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (call_.method != "GET" || !call_.body.empty()) {
        set(CURLOPT_POSTFIELDS, call_.body.c_str());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
        set(CURLOPT_CUSTOMREQUEST, call_.method.c_str());
    }
    // Without a wait for the server's consent; and no type but what the call says itself.
    add_header("Expect:");
    if (!find_header(call_.headers, "Content-Type")) {
        add_header("Content-Type:");
    }
    for (const auto &[name, value] : call_.headers) {
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            throw PermanentError(fmt::format("the header {} has a line break in its value", name));
        }
        add_header(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
    }
    set(CURLOPT_HTTPHEADER, headers_.get());
}

void Client::Transfer::add_header(const std::string &line) {
    curl_slist *longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) {
        throw std::bad_alloc();
    }
    static_cast<void>(headers_.release());
    headers_.reset(longer);
}

std::string Client::Transfer::problem() const {
    if (!completion_.done) {
        return "stopped";
    }
    if (too_large_) {
        return fmt::format("the reply is larger than {} bytes", limits_.reply_bytes);
    }
    if (too_late_) {
        return "too late to be sent";
    }
    return completion_.code == CURLE_OK ? std::string() : curl_easy_strerror(completion_.code);
}

int Client::Transfer::on_connected(void *self, char *, char *, int, int) {
    auto &transfer = *static_cast<Transfer *>(self);
    const auto &not_after = transfer.limits_.not_after;
    transfer.too_late_ = not_after && std::chrono::steady_clock::now() > *not_after;
    return transfer.too_late_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t Client::Transfer::on_body(char *data, std::size_t, std::size_t size, void *self) {
    auto &transfer = *static_cast<Transfer *>(self);
    if (transfer.reply_.body.size() + size > transfer.limits_.reply_bytes) {
        transfer.too_large_ = true;
        return 0;
    }
    transfer.reply_.body.append(data, size);
    return size;
}

std::size_t Client::Transfer::on_header(char *data, std::size_t, std::size_t size, void *self) {
    auto &transfer = *static_cast<Transfer *>(self);
    const std::string_view line = trimmed(std::string_view(data, size));
    transfer.header_bytes_ += size;
    if (transfer.header_bytes_ > kMostHeaderBytes) {
        transfer.too_large_ = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        transfer.reply_.headers.clear();  // those before belonged to an interim reply
        long status = 0;
        curl_easy_getinfo(transfer.handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        transfer.reply_.status = static_cast<int>(status);
        return size;
    }
    if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
        transfer.reply_.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
    return size;
}

Client::Client(const asio::any_io_executor &executor) : multi_(std::make_shared<Multi>(executor)) {}

awaitable<Reply> Client::send(Call call, SendLimits limits, std::stop_token stop) {
    Transfer transfer(multi_, std::move(call), limits);
    co_return co_await transfer.result(std::move(stop));
}

}  // namespace poller::http
