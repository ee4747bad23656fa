#include "poller/http/client/client.hpp"

#include "http_harness.hpp"
#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"

namespace poller::http {
namespace {

using std::chrono::milliseconds;

class HttpClient : public HttpHarness {
public:
    HttpClient() {
        router_.add(
            Verb::post, "/echo",
            [](Request &request) -> awaitable<Response> {
                std::string seen = std::string(request.method_name()) + " " + std::string(request.query());
                for (const char *name : {"X-Key", "Content-Type", "User-Agent", "Expect"}) {
                    seen += std::string("|") + std::string(request.header(name).value_or("none"));
                }
                co_return Response::text(201, seen + "|" + request.body()).with("X-Reply", "yes");
            },
            10'000'000);
        router_.add(Verb::get, "/moved", [](Request &) -> awaitable<Response> {
            co_return Response::text(302, "elsewhere").with("Location", "/large");
        });
        router_.add(Verb::get, "/large",
                    [](Request &) -> awaitable<Response> { co_return Response::text(200, std::string(300'000, 'x')); });
        router_.add(Verb::get, "/slow", [](Request &) -> awaitable<Response> {
            co_await sleep_for(std::chrono::seconds(5));
            co_return Response::text(200, "slow");
        });
        router_.add(Verb::delete_, "/thing", [](Request &) -> awaitable<Response> {
            Response response;
            response.status = 204;
            co_return response;
        });
        router_.add(Verb::get, "/cut", [](Request &) -> awaitable<Response> {
            Response response = Response::text(200, "");
            response.stream = [](BodyWriter &out) -> awaitable<void> {
                co_await out.write(std::string(40'000, 'x'));
                throw std::runtime_error("on purpose");
            };
            co_return response;
        });
    }

    [[nodiscard]] Call to(const char *method, std::string_view path, std::string body = {}) const {
        return {method, url(path), {}, std::move(body)};
    }
    [[nodiscard]] static Call elsewhere(std::string address) { return {"GET", std::move(address), {}, {}}; }

    // The error of a call that has to fail.
    template <typename Failure>
    [[nodiscard]] awaitable<Failure> failure(Call call, SendLimits limits = {}, std::stop_token stop = {}) {
        std::optional<Failure> found;
        try {
            static_cast<void>(co_await client_.send(std::move(call), limits, std::move(stop)));
        } catch (const Failure &error) {
            found = error;
        }
        if (!found) {
            throw std::logic_error("the call did not fail in this way");
        }
        co_return *found;
    }

    Client client_{context_.get_executor()};
};

TEST_F(HttpClient, SendsAndReceives) {
    run([this]() -> awaitable<void> {
        Call call = to("POST", "/echo?q=1", R"({"a": 1})");
        call.headers = {{"X-Key", "k"}, {"Content-Type", "application/json"}};
        const Reply reply = co_await client_.send(call);
        EXPECT_EQ(reply.status, 201);
        EXPECT_EQ(reply.body,
                  "POST q=1|k|application/json|pipeline-poller/" PIPELINE_FORECAST_VERSION R"(|none|{"a": 1})");
        EXPECT_EQ(find_header(reply.headers, "x-reply"), "yes");
        EXPECT_EQ((co_await client_.send(to("DELETE", "/thing"))).status, 204);
        const Reply large = co_await client_.send(to("POST", "/echo", std::string(3'000'000, 'y')));
        EXPECT_GT(large.body.size(), 3'000'000U);
    });
}

TEST_F(HttpClient, KeepsItsConnections) {
    run([this]() -> awaitable<void> {
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ((co_await client_.send(to("GET", "/large"))).body.size(), 300'000U);
        }
        EXPECT_EQ(server_->counts().accepted, 1U);
    });
}

TEST_F(HttpClient, DoesNotFollowRedirects) {
    run([this]() -> awaitable<void> {
        const Reply reply = co_await client_.send(to("GET", "/moved"));
        EXPECT_EQ(reply.status, 302);
        EXPECT_EQ(find_header(reply.headers, "Location"), "/large");
    });
}

TEST_F(HttpClient, LimitsTheReply) {
    run([this]() -> awaitable<void> {
        SendLimits limits;
        limits.reply_bytes = 299'999;
        const auto error = co_await failure<PermanentError>(to("GET", "/large"), limits);
        EXPECT_STREQ(error.what(), "the reply is larger than 299999 bytes");
    });
}

TEST_F(HttpClient, LimitsTheTime) {
    run([this]() -> awaitable<void> {
        SendLimits limits;
        limits.total = milliseconds(200);
        const auto started = std::chrono::steady_clock::now();
        const auto error = co_await failure<NoReply>(to("GET", "/slow"), limits);
        EXPECT_TRUE(error.in_doubt()) << error.what();
        EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
    });
}

TEST_F(HttpClient, SendsNothingOnceItIsTooLate) {
    run([this]() -> awaitable<void> {
        SendLimits limits;
        limits.only_once = true;
        limits.not_after = std::chrono::steady_clock::now() - milliseconds(1);
        const auto error = co_await failure<NoReply>(to("GET", "/large"), limits);
        EXPECT_STREQ(error.what(), "too late to be sent");
        EXPECT_FALSE(error.in_doubt());
        limits.not_after = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        const Reply reply = co_await client_.send(to("GET", "/large"), limits);
        EXPECT_EQ(reply.status, 200);
    });
}

TEST_F(HttpClient, StopsWhenAsked) {
    run([this]() -> awaitable<void> {
        std::stop_source stop;
        asio::steady_timer timer(context_, milliseconds(100));
        timer.async_wait([&stop](const error_code &) { stop.request_stop(); });
        const auto started = std::chrono::steady_clock::now();
        const auto error = co_await failure<NoReply>(to("GET", "/slow"), SendLimits(), stop.get_token());
        EXPECT_TRUE(error.in_doubt());
        EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
        const auto early = co_await failure<NoReply>(to("GET", "/slow"), SendLimits(), stop.get_token());
        EXPECT_FALSE(early.in_doubt()) << "nothing was sent";
    });
}

TEST_F(HttpClient, TellsARefusedConnectionFromALostReply) {
    run([this]() -> awaitable<void> {
        const auto refused = co_await failure<NoReply>(elsewhere("http://127.0.0.1:1/"));
        EXPECT_FALSE(refused.in_doubt()) << refused.what();
        const auto unknown = co_await failure<NoReply>(elsewhere("http://no.such.host.invalid/"));
        EXPECT_FALSE(unknown.in_doubt()) << unknown.what();
        const auto cut = co_await failure<NoReply>(to("GET", "/cut"));
        EXPECT_TRUE(cut.in_doubt()) << cut.what();
    });
}

TEST_F(HttpClient, SpeaksNothingButHttp) {
    run([this]() -> awaitable<void> {
        for (const char *address : {"file:///etc/passwd", "ftp://127.0.0.1/", "not a url", "http://"}) {
            static_cast<void>(co_await failure<PermanentError>(elsewhere(address)));
        }
        Call smuggling = to("GET", "/large");
        smuggling.headers = {{"X-Key", "a\r\nX-Other: b"}};
        static_cast<void>(co_await failure<PermanentError>(smuggling));
    });
}

// As when a process ends while something still runs. AddressSanitizer sees what would go wrong.
TEST_F(HttpClient, EndsBeforeItsCalls) {
    auto client = std::make_unique<Client>(context_.get_executor());
    run([&]() -> awaitable<void> {
        spawn(context_.get_executor(), [](Client &asked, Call call) -> awaitable<void> {
            static_cast<void>(co_await asked.send(std::move(call)));
        }(*client, to("GET", "/slow")));
        co_await sleep_for(milliseconds(100));
        client.reset();
    });
}

TEST_F(HttpClient, ManyCallsAtATime) {
    run([this]() -> awaitable<void> {
        int open = 100;
        Wakeup done;
        for (int i = 0; i < 100; ++i) {
            spawn(context_.get_executor(),
                  [](HttpClient &test, int number, int &left, Wakeup &last) -> awaitable<void> {
                      const Reply reply = co_await test.client_.send(test.to("POST", "/echo", std::to_string(number)));
                      EXPECT_TRUE(reply.body.ends_with("|" + std::to_string(number)));
                      if (--left == 0) {
                          last.wake_all();
                      }
                  }(*this, i, open, done));
        }
        co_await done.wait();
        EXPECT_EQ(open, 0);
    });
}

}  // namespace
}  // namespace poller::http
