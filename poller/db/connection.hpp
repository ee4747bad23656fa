// One connection to the database, without blocking: libpq's socket waits on the io_context like everything else.
// One coroutine uses a connection at a time.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/db/params.hpp"
#include "poller/db/result.hpp"

struct pg_conn;

namespace poller::db {

struct ConnectOptions {
    std::string conninfo;  // as DATABASE_URL; empty: libpq's own variables
    std::string application_name = "pipeline-poller";
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
    // How long the server works on a statement; 0 is without limit.
    std::chrono::milliseconds statement_timeout = std::chrono::seconds(30);
    // How long a reply may take before the connection counts as lost; 0 is without limit, then only TCP's keep-alive
    // finds out. Longer than statement_timeout, so that the server speaks first.
    std::chrono::milliseconds reply_timeout = std::chrono::seconds(40);
    // Whether a statement may start workers beside it, as the server is configured.
    bool parallel = true;
    // How long each statement took, for metrics; what is read row by row or waited for is left out.
    std::function<void(std::chrono::steady_clock::duration)> observe;
};

// Errors of all that waits: ConnectionLost if the connection breaks, is aborted or does not answer in time (it is then
// of no more use); TransientError or PermanentError for what the server refuses.
class Connection {
public:
    // Names resolve in the extension's schema, moments are read and written in UTC. PermanentError with a hint where
    // the extension is missing. Host names are looked up by libpq, which blocks; addresses and sockets do not.
    [[nodiscard]] static awaitable<std::unique_ptr<Connection>> open(ConnectOptions options);

    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;
    ~Connection();

    // The statement is prepared when the connection first meets its text, and stays so: for texts that are constants.
    [[nodiscard]] awaitable<Result> query(std::string_view statement, Params parameters = {});
    // Not prepared: for what is run once.
    awaitable<Result> execute(std::string_view statement, Params parameters = {});

    // Row by row, for results that should not be in memory at once: start, then next_row() until it gives nothing.
    // A connection that was left in between cannot be used further.
    [[nodiscard]] awaitable<void> start(std::string_view statement, Params parameters = {});
    [[nodiscard]] awaitable<std::optional<Result>> next_row();

    // COPY … FROM STDIN: sends what next_chunk gives until that is empty. Returns the rows copied. What next_chunk
    // throws ends the COPY without effect and is thrown on.
    awaitable<std::int64_t> copy_in(std::string_view statement, std::function<std::string_view()> next_chunk);

    // Waits for a notification on a channel that was LISTENed to; returns its payload. Without limit of time.
    [[nodiscard]] awaitable<std::string> notification();

    // Breaks off what waits on this connection, which is of no more use then.
    void abort();
    // Idle, alive as far as can be told without asking, and in no transaction.
    [[nodiscard]] bool reusable();

private:
    struct Finish {
        void operator()(pg_conn *connection) const noexcept;
    };
    class Deadline;
    class Timing;

    Connection(const asio::any_io_executor &executor, ConnectOptions options);

    awaitable<void> connect();
    awaitable<void> set_up_session();
    awaitable<std::string> prepared(std::string_view statement);
    awaitable<void> flush();
    awaitable<void> wait_for_socket(bool to_write);
    awaitable<pg_result *> next_result();
    awaitable<Result> collect();
    void watch_socket();
    [[noreturn]] void lost(std::string_view what);

    ConnectOptions options_;
    std::unique_ptr<pg_conn, Finish> connection_;
    // A duplicate of libpq's descriptor: libpq closes its own whenever it likes, and Asio has to keep what it watches.
    asio::posix::stream_descriptor socket_;
    std::map<std::string, std::string, std::less<>> statement_names_;
    bool sent_ = false;    // a statement is under way
    bool broken_ = false;  // not to be used again
    const char *abort_reason_ = nullptr;
};

}  // namespace poller::db
