// RFC 9112, sections 2, 3, 6 and 7: how this server decides each point that is the server's.
#include <boost/asio/buffer.hpp>

#include "http_harness.hpp"
#include "poller/async/sleep.hpp"

namespace poller::http {
namespace {

using std::chrono::milliseconds;

class Rfc9112 : public HttpHarness {
protected:
    Rfc9112() {
        router_.add(Verb::get, "/host", [](Request &request) -> awaitable<Response> {
            co_return Response::text(200, "host=" + std::string(request.header("Host").value_or("-")) +
                                              " target=" + std::string(request.target()));
        });
        router_.add(
            Verb::post, "/echo",
            [](Request &request) -> awaitable<Response> {
                const std::string late(request.header("X-Late").value_or("-"));
                const std::string address = request.remote_address();
                co_return Response::text(200, request.take_body() + " late=" + late + " from=" + address);
            },
            256 * 1024);
    }

    // The status of each answer that comes until the server closes.
    [[nodiscard]] awaitable<std::string> statuses(std::string request) {
        const std::string answer = co_await converse(std::move(request));
        std::string found;
        for (std::size_t at = answer.find("HTTP/1.1 "); at != std::string::npos;
             at = answer.find("HTTP/1.1 ", at + 1)) {
            found += (found.empty() ? "" : " ") + answer.substr(at + 9, 3);
        }
        co_return found;
    }

    void expect(std::vector<std::pair<std::string, std::string>> cases) {
        run([this, cases = std::move(cases)]() -> awaitable<void> {
            for (const auto &each : cases) {
                const std::string found = co_await statuses(each.first);
                EXPECT_EQ(found, each.second) << each.first.substr(0, 300);
            }
        });
    }

    static std::string head(const std::string &first_line, const std::string &fields = "Host: h\r\n") {
        return first_line + "\r\n" + fields + "Connection: close\r\n\r\n";
    }
    static std::string chunked(const std::string &body, const std::string &coding = "chunked") {
        return head("POST /echo HTTP/1.1", "Host: h\r\nTransfer-Encoding: " + coding + "\r\n") + body;
    }
};

TEST_F(Rfc9112, Section2Messages) {
    const std::string get = head("GET /host HTTP/1.1");
    expect({
        {"\r\n" + get, "200"},
        {"\r\n\r\n" + get, "200"},
        {" " + get, "400"},
        {"\n" + get, "400"},
        {"GET /host HTTP/1.1\nHost: h\nConnection: close\n\n", "400"},
        {"GET /host HTTP/1.1\r\n Host: h\r\n\r\n", "400"},
        {"GET /host HTTP/1.1\r\nHost: a\rb\r\n\r\n", "400"},
        {"GET /host HTTP/1.1\rHost: h\r\n\r\n", "400"},
        {head("GET /host HTTP/1.9"), "200"},
        {head("GET /host HTTP/1.0"), "200"},
        {head("GET /host HTTP/2.0"), "505"},
        {head("PRI * HTTP/2.0"), "505"},
        {head("GET /host http/1.1"), "400"},
        {head("GET /host HTTP/1.1 "), "400"},
        {head("GET /host HTTP/01.1"), "400"},
    });
}

TEST_F(Rfc9112, AnEmptyLineAfterABodyDoesNoHarm) {
    const std::string post = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
    expect({{post + "\r\n" + post + "\r\n" + head("GET /host HTTP/1.1"), "200 200 200"}});
}

TEST_F(Rfc9112, TheFirstLineMayComeByteByByte) {
    run([this]() -> awaitable<void> {
        tcp::socket socket = co_await connect();
        for (const char byte : "\r\nGET /host HTTP/1.8\r\nHost: h\r\nConnection: close\r\n\r\n") {
            if (byte == '\0') break;
            co_await asio::async_write(socket, asio::buffer(&byte, 1), use_awaitable);
            co_await sleep_for(milliseconds(1));
        }
        EXPECT_TRUE((co_await read_all(socket)).ends_with("host=h target=/host"));
    });
}

TEST_F(Rfc9112, Section3RequestLine) {
    expect({
        {head("get /host HTTP/1.1"), "501"},
        {head("BREW /host HTTP/1.1"), "501"},
        {head("CONNECT a.example:443 HTTP/1.1", "Host: a.example:443\r\n"), "501"},
        {head("DELETE /host HTTP/1.1"), "405"},
        {head("GET /ho st HTTP/1.1"), "400"},
        {head("GET\t/host HTTP/1.1"), "400"},
        {head("G(T /host HTTP/1.1"), "400"},
        {head("GET /" + std::string(20'000, 'x') + " HTTP/1.1"), "414"},
        {head("GET /" + std::string(8'000, 'x') + " HTTP/1.1"), "404"},
        {head("GET host HTTP/1.1"), "400"},
        {head("GET * HTTP/1.1"), "400"},
        {head("OPTIONS * HTTP/1.1"), "204"},
        {head("GET /host#part HTTP/1.1"), "400"},
        {head("GET http://a.example/host HTTP/1.1"), "200"},
        {head("GET http://user@a.example/host HTTP/1.1"), "400"},
        {head("GET http:///host HTTP/1.1"), "400"},
        {head("GET gopher://a.example/host HTTP/1.1"), "400"},
    });
}

TEST_F(Rfc9112, Section3Host) {
    expect({
        {head("GET /host HTTP/1.1", ""), "400"},
        {head("GET /host HTTP/1.0", ""), "200"},
        {head("GET /host HTTP/1.1", "Host: a\r\nHost: a\r\n"), "400"},
        {head("GET /host HTTP/1.0", "Host: a\r\nHost: b\r\n"), "400"},
        {head("GET /host HTTP/1.1", "Host: a, b\r\n"), "400"},
        {head("GET /host HTTP/1.1", "Host: user@a\r\n"), "400"},
        {head("GET /host HTTP/1.1", "Host:\r\n"), "200"},
        {head("GET /host HTTP/1.1", "Host : a\r\n"), "400"},
        {head("GET http://a.example/host HTTP/1.1", ""), "400"},
    });
}

TEST_F(Rfc9112, TheTargetsHostCountsAndNotTheOneBesideIt) {
    run([this]() -> awaitable<void> {
        const std::string answer =
            co_await converse(head("GET http://a.example:81/host?x=1 HTTP/1.1", "Host: other\r\n"));
        EXPECT_TRUE(answer.ends_with("host=a.example:81 target=/host?x=1")) << answer;
    });
}

TEST_F(Rfc9112, Section6TransferEncoding) {
    const std::string body = "2\r\nab\r\n0\r\n\r\n";
    const std::string smuggled = head("GET /host HTTP/1.1");
    expect({
        {chunked(body), "200"},
        {chunked(body, "Chunked"), "200"},
        {chunked(smuggled, "identity"), "400"},
        {chunked(smuggled, "xchunked"), "400"},
        {chunked(smuggled, "chunked, identity"), "400"},
        {chunked(smuggled, "chunked;x=1"), "400"},
        {chunked(smuggled, "\"chunked\""), "400"},
        {chunked(smuggled, ""), "400"},
        {chunked(smuggled, "chunked,"), "400"},
        {chunked(body, "gzip, chunked"), "501"},
        {chunked(body, "chunked, chunked"), "501"},
        {chunked(body, "chunked\r\nTransfer-Encoding: chunked"), "400"},
        {chunked(body, "identity\r\nTransfer-Encoding: chunked"), "400"},
        {chunked(body, "chunked\r\nContent-Length: 2"), "400"},
        {head("POST /echo HTTP/1.1", "Host: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n") + body, "400"},
        {head("POST /echo HTTP/1.1", "Host: h\r\nContent-Length: 2\r\nTransfer-Encoding: identity\r\n") + "ab", "400"},
        {head("POST /echo HTTP/1.0", "Host: h\r\nTransfer-Encoding: chunked\r\n") + body, "400"},
    });
}

TEST_F(Rfc9112, Section6ContentLength) {
    const auto sized = [](const std::string &length) {
        return head("POST /echo HTTP/1.1", "Host: h\r\nContent-Length: " + length + "\r\n") + "ab";
    };
    expect({
        {sized("2"), "200"},
        {sized("2, 2"), "200"},
        {sized("2\r\nContent-Length: 2"), "200"},
        {sized("2\r\nContent-Length: 3"), "400"},
        {sized("2, 3"), "400"},
        {sized("+2"), "400"},
        {sized("-2"), "400"},
        {sized("0x2"), "400"},
        {sized("2 2"), "400"},
        {sized(""), "400"},
        {sized("2.0"), "400"},
        {sized("99999999999999999999999999"), "400"},
        {sized("18446744073709551615"), "413"},
        {head("POST /echo HTTP/1.1"), "200"},
    });
}

TEST_F(Rfc9112, Section7Chunks) {
    const std::string chunk = "2\r\nab\r\n";
    const std::string end = "0\r\n\r\n";
    expect({
        {chunked("2;a;b=c;d=\"e f\"\r\nab\r\n" + end), "200"},
        {chunked("0002\r\nab\r\n" + end), "200"},
        {chunked(chunk + "0;x=y\r\nX-A: b\r\n\r\n"), "200"},
        {chunked("2\nab\n0\n\n"), "400"},
        {chunked("2\r\nabc\r\n" + end), "400"},
        {chunked("-2\r\nab\r\n" + end), "400"},
        {chunked("0x2\r\nab\r\n" + end), "400"},
        {chunked("\r\n" + end), "400"},
        {chunked("1ffffffffffffffff\r\nab\r\n" + end), "400"},
        {chunked("fffffffffffffff0\r\nab\r\n" + end), "413"},
        {chunked(chunk + "0\r\nno field\r\n\r\n"), "400"},
        {chunked(chunk + "0\r\nContent-Length: 2\r\n\r\n"), "400"},
        {chunked(chunk + "0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400"},
    });
}

TEST_F(Rfc9112, FieldsOfATrailerStandForNoneOfTheHead) {
    ServerLimits limits;
    limits.behind_proxy = true;
    run(
        [this]() -> awaitable<void> {
            const std::string answer =
                co_await converse(chunked("2\r\nab\r\n0\r\nX-Late: yes\r\nX-Forwarded-For: 192.0.2.66\r\n\r\n"));
            EXPECT_TRUE(answer.ends_with("ab late=- from=127.0.0.1")) << answer;
        },
        limits);
}

TEST_F(Rfc9112, ABodyByteByByteFitsItsFraming) {
    std::string body;
    for (int i = 0; i < 20'000; ++i) body += "1\r\nx\r\n";
    expect({{chunked(body + "0\r\n\r\n"), "200"}});
}

// Each was read for ever, in a loop of reads of nothing, also after the client had left.
TEST_F(Rfc9112, EndlessExtensionsAndTrailersAreRefused) {
    const std::string much(100'000, 'x');
    std::string small_chunks;
    for (int i = 0; i < 100; ++i) small_chunks += "1;" + std::string(1'000, 'e') + "\r\nx\r\n";
    expect({
        {chunked("2;" + much), "413"},
        {chunked("0;" + much), "413"},
        {chunked("2\r\nab\r\n0\r\nX: " + much), "413"},
        {chunked("2\r\nab\r\n0\r\n" + std::string(5'000, 'y') + ": z\r\n" + much), "413"},
        {chunked(std::string(100'000, '0')), "413"},
        {chunked(small_chunks + "0\r\n\r\n"), "413"},
    });
}

TEST_F(Rfc9112, AnEndlessTrailerOfAClientThatLeftEndsTheSession) {
    run([this]() -> awaitable<void> {
        {
            tcp::socket socket = co_await connect();
            const std::string request = chunked("2;" + std::string(15'000, 'x'));
            co_await asio::async_write(socket, asio::buffer(request), use_awaitable);
        }
        co_await sleep_for(milliseconds(100));
        EXPECT_EQ(server_->counts().open, 0U);
    });
}

TEST_F(Rfc9112, TheLastOfSeveralForwardedAddressesIsTheProxys) {
    ServerLimits limits;
    limits.behind_proxy = true;
    run(
        [this]() -> awaitable<void> {
            const std::string answer = co_await converse(
                head("POST /echo HTTP/1.1", "Host: h\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.9\r\n"));
            EXPECT_TRUE(answer.ends_with("from=192.0.2.9")) << answer;
        },
        limits);
}

}  // namespace
}  // namespace poller::http
