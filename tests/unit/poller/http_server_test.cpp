#include <algorithm>
#include <stdexcept>

#include "http_harness.hpp"
#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"

namespace poller::http {
namespace {

using std::chrono::milliseconds;

class HttpServer : public HttpHarness {
protected:
    HttpServer() {
        router_.add(Verb::get, "/hello/{name}", [](Request &request) -> awaitable<Response> {
            co_return Response::text(200, "hello " + request.parameter("name") + " from " + request.remote_address());
        });
        router_.add(
            Verb::post, "/echo",
            [](Request &request) -> awaitable<Response> { co_return Response::text(200, request.take_body()); }, 100);
        router_.add(Verb::get, "/stream", [](Request &) -> awaitable<Response> {
            Response response = Response::text(200, "");
            response.stream = [](BodyWriter &out) -> awaitable<void> {
                for (int i = 0; i < 10'000; ++i) {
                    co_await out.write("0123456789");
                }
            };
            co_return response;
        });
        router_.add(Verb::get, "/broken-stream", [](Request &) -> awaitable<Response> {
            Response response = Response::text(200, "");
            response.stream = [](BodyWriter &out) -> awaitable<void> {
                co_await out.write(std::string(40'000, 'x'));
                throw std::runtime_error("on purpose");
            };
            co_return response;
        });
        router_.add(Verb::get, "/error/{kind}", [](Request &request) -> awaitable<Response> {
            const std::string &kind = request.parameter("kind");
            if (kind == "http") {
                throw HttpError(422, "bad_months", "months has to be 1 to 12");
            }
            if (kind == "transient") {
                throw TransientError("secret address refused");
            }
            if (kind == "permanent") {
                throw PermanentError("secret relation does not exist");
            }
            throw std::logic_error("secret mistake");
        });
        router_.add(Verb::get, "/slow", [](Request &) -> awaitable<Response> {
            co_await sleep_for(milliseconds(300));
            co_return Response::text(200, "slow");
        });
    }

    [[nodiscard]] awaitable<std::string> get(const std::string &path) {
        return converse("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    }
};

[[nodiscard]] bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

TEST_F(HttpServer, Answers) {
    run([this]() -> awaitable<void> {
        const std::string answer = co_await get("/hello/a%20b");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
        EXPECT_TRUE(has(answer, "Content-Type: text/plain; charset=utf-8\r\n"));
        EXPECT_TRUE(has(answer, "\r\nDate: "));
        EXPECT_TRUE(answer.ends_with("\r\n\r\nhello a b from 127.0.0.1"));
        EXPECT_EQ(exchanges_, (std::vector<std::string>{"GET /hello/{name} 200"}));
    });
}

TEST_F(HttpServer, SaysWhatIsNotThere) {
    run([this]() -> awaitable<void> {
        EXPECT_TRUE((co_await get("/nowhere")).starts_with("HTTP/1.1 404 Not Found\r\n"));
        const std::string wrong = co_await converse("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
        EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
        EXPECT_TRUE(has(wrong, "Allow: POST\r\n"));
    });
}

TEST_F(HttpServer, AnswersSeveralRequestsOfAConnectionInOrder) {
    run([this]() -> awaitable<void> {
        const std::string answers = co_await converse(
            "GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /hello/1 HTTP/1.1\r\nHost: h\r\n\r\n"
            "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
            "GET /hello/2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        const std::vector<std::size_t> places = {answers.find("\r\n\r\nslow"), answers.find("hello 1"),
                                                 answers.find("\r\n\r\nbody"), answers.find("hello 2")};
        EXPECT_TRUE(std::is_sorted(places.begin(), places.end())) << answers;
        EXPECT_NE(places.back(), std::string::npos);
    });
}

TEST_F(HttpServer, AnswersHeadWithoutABody) {
    run([this]() -> awaitable<void> {
        const std::string answer = co_await converse("HEAD /hello/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
        EXPECT_TRUE(has(answer, "Content-Length: 22\r\n")) << answer;
        EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
    });
}

TEST_F(HttpServer, ReadsChunkedBodies) {
    run([this]() -> awaitable<void> {
        const std::string answer = co_await converse(
            "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n");
        EXPECT_TRUE(answer.ends_with("\r\n\r\nhello world")) << answer;
    });
}

TEST_F(HttpServer, TellsAClientToGoOn) {
    run([this]() -> awaitable<void> {
        tcp::socket socket = co_await connect();
        co_await asio::async_write(socket,
                                   asio::buffer(std::string("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: "
                                                            "2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")),
                                   use_awaitable);
        std::string interim;
        co_await asio::async_read_until(socket, asio::dynamic_buffer(interim), "\r\n\r\n", use_awaitable);
        EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
        co_await asio::async_write(socket, asio::buffer(std::string("ok")), use_awaitable);
        EXPECT_TRUE((co_await read_all(socket)).ends_with("\r\n\r\nok"));
    });
}

TEST_F(HttpServer, RefusesBodiesBeyondTheLimit) {
    run([this]() -> awaitable<void> {
        const std::string large(101, 'x');
        const std::string told =
            co_await converse("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n" + large);
        EXPECT_TRUE(told.starts_with("HTTP/1.1 413 ")) << told;
        EXPECT_TRUE(has(told, "Connection: close\r\n"));
        const std::string found =
            co_await converse("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n" +
                              std::string(50, 'x') + "\r\n33\r\n" + std::string(51, 'x') + "\r\n0\r\n\r\n");
        EXPECT_TRUE(found.starts_with("HTTP/1.1 413 ")) << found;
        const std::string fits =
            co_await converse("POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100\r\n\r\n" +
                              std::string(100, 'x'));
        EXPECT_TRUE(fits.starts_with("HTTP/1.1 200 ")) << fits;
    });
}

TEST_F(HttpServer, RefusesWhatIsNotHttp) {
    run([this]() -> awaitable<void> {
        for (const char *request : {"hello\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
                                    "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                                    "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                    "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                    "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                                    "\x16\x03\x01\x02\x01 a TLS hello\r\n\r\n"}) {
            const std::string answer = co_await converse(request);
            EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << request << answer;
        }
        const std::string large = co_await converse("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
        EXPECT_TRUE(large.starts_with("HTTP/1.1 431 ")) << large;
    });
}

TEST_F(HttpServer, StreamsInChunks) {
    run([this]() -> awaitable<void> {
        const std::string chunked = co_await get("/stream");
        EXPECT_TRUE(has(chunked, "Transfer-Encoding: chunked\r\n"));
        EXPECT_TRUE(chunked.ends_with("\r\n0\r\n\r\n"));
        EXPECT_EQ(std::count(chunked.begin(), chunked.end(), '9') >= 10'000, true);
        const std::string plain = co_await converse("GET /stream HTTP/1.0\r\n\r\n");
        EXPECT_FALSE(has(plain, "chunked"));
        EXPECT_EQ(plain.size() - plain.find("\r\n\r\n") - 4, 100'000U);
    });
}

TEST_F(HttpServer, ABrokenStreamHasNoEnd) {
    run([this]() -> awaitable<void> {
        const std::string answer = co_await get("/broken-stream");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
        EXPECT_FALSE(answer.ends_with("0\r\n\r\n"));
    });
}

TEST_F(HttpServer, TurnsExceptionsIntoAnswersWithoutSecrets) {
    run([this]() -> awaitable<void> {
        const std::string http = co_await get("/error/http");
        EXPECT_TRUE(http.starts_with("HTTP/1.1 422 ")) << http;
        EXPECT_TRUE(http.ends_with(R"({"code":"bad_months","detail":"months has to be 1 to 12"})")) << http;
        const std::string transient = co_await get("/error/transient");
        EXPECT_TRUE(transient.starts_with("HTTP/1.1 503 "));
        EXPECT_TRUE(has(transient, "Retry-After: "));
        EXPECT_FALSE(has(transient, "secret"));
        for (const char *kind : {"permanent", "mistake"}) {
            const std::string answer = co_await get(std::string("/error/") + kind);
            EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
            EXPECT_FALSE(has(answer, "secret"));
        }
    });
}

TEST_F(HttpServer, ClosesConnectionsThatAreTooSlow) {
    ServerLimits limits;
    limits.idle = milliseconds(300);
    limits.head = milliseconds(300);
    limits.body = milliseconds(300);
    run(
        [this]() -> awaitable<void> {
            for (const char *start :
                 {"", "GET / HTTP/1.1\r\nX-Slow: ", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"}) {
                EXPECT_EQ(co_await converse(start), "") << start;
            }
            // A byte now and then does not help: the limit is for the whole head.
            tcp::socket socket = co_await connect();
            error_code error;
            int sent = 0;
            while (!error && sent < 100) {
                co_await asio::async_write(socket, asio::buffer("x", 1), into(error));
                ++sent;
                co_await sleep_for(milliseconds(100));
            }
            EXPECT_LT(sent, 30);
        },
        limits);
}

TEST_F(HttpServer, TellsConnectionsBeyondTheLimitToComeBack) {
    ServerLimits limits;
    limits.connections = 2;
    run(
        [this]() -> awaitable<void> {
            tcp::socket first = co_await connect();
            tcp::socket second = co_await connect();
            const std::string refused = co_await get("/hello/x");
            EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
            EXPECT_TRUE(has(refused, "Retry-After: "));
            EXPECT_TRUE(has(refused, "Connection: close"));
            EXPECT_EQ(server_->counts().open, 2U);
            EXPECT_EQ(server_->counts().refused, 1U);
            first.close();
            co_await sleep_for(milliseconds(50));
            EXPECT_TRUE((co_await get("/hello/x")).starts_with("HTTP/1.1 200 "));
        },
        limits);
}

constexpr const char *kForwarded =
    "GET /hello/x HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 10.0.0.1, 192.0.2.7\r\nConnection: close\r\n\r\n";

TEST_F(HttpServer, BehindAProxyTakesTheAddressThatTheProxyAdded) {
    ServerLimits limits;
    limits.behind_proxy = true;
    run([this]() -> awaitable<void> { EXPECT_TRUE(has(co_await converse(kForwarded), "from 192.0.2.7")); }, limits);
}

TEST_F(HttpServer, WithoutAProxyBelievesNoForwardedAddress) {
    run([this]() -> awaitable<void> { EXPECT_TRUE(has(co_await converse(kForwarded), "from 127.0.0.1")); });
}

TEST_F(HttpServer, StopsInOrder) {
    run([this]() -> awaitable<void> {
        tcp::socket idle = co_await connect();
        tcp::socket busy = co_await connect();
        co_await asio::async_write(busy, asio::buffer(std::string("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")),
                                   use_awaitable);
        co_await sleep_for(milliseconds(50));
        co_await server_->stop(std::chrono::seconds(5));
        const std::string answer = co_await read_all(busy);
        EXPECT_TRUE(answer.ends_with("\r\n\r\nslow")) << answer;
        EXPECT_TRUE(has(answer, "Connection: close"));
        EXPECT_EQ(co_await read_all(idle), "");
        EXPECT_EQ(server_->counts().open, 0U);
        error_code refused;
        tcp::socket late(context_);
        co_await late.async_connect({asio::ip::address_v4::loopback(), 1}, into(refused));
        EXPECT_TRUE(refused);
    });
}

TEST_F(HttpServer, DoesNotWaitForeverWhenItStops) {
    run([this]() -> awaitable<void> {
        tcp::socket busy = co_await connect();
        co_await asio::async_write(busy, asio::buffer(std::string("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")),
                                   use_awaitable);
        co_await sleep_for(milliseconds(50));
        const auto started = std::chrono::steady_clock::now();
        co_await server_->stop(milliseconds(50));
        EXPECT_LT(std::chrono::steady_clock::now() - started, milliseconds(200));
        co_await sleep_for(milliseconds(400));
    });
}

TEST_F(HttpServer, NamesAnAddressThatCannotBeHad) {
    Server server(context_.get_executor(), router_, {});
    EXPECT_THROW(server.listen("192.0.2.1", 0), ConfigError);
    EXPECT_THROW(server.listen("nonsense", 0), ConfigError);
}

}  // namespace
}  // namespace poller::http
