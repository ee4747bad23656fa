#include "poller/db/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "poller/db/error.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::db {
namespace {

// Runs once per connection. No schema of users is searched, whatever the role's own setting. The server learns within
// half a minute that this host is gone, or that this process stands still within a transaction; by itself it would keep
// the session, with what it has locked, for two hours.
constexpr std::string_view kSessionSetup = R"sql(
    SELECT pg_catalog.set_config('search_path', 'pg_catalog, pipeline, pipeline_work, pipeline_internal, pipeline_data, pg_temp', false),
           pg_catalog.set_config('TimeZone', 'UTC', false),
           pg_catalog.set_config('DateStyle', 'ISO, YMD', false),
           pg_catalog.set_config('standard_conforming_strings', 'on', false),
           pg_catalog.set_config('array_nulls', 'on', false),
           pg_catalog.set_config('statement_timeout', $1, false),
           pg_catalog.set_config('idle_in_transaction_session_timeout', '30s', false),
           pg_catalog.set_config('tcp_keepalives_idle', '10', false),
           pg_catalog.set_config('tcp_keepalives_interval', '5', false),
           pg_catalog.set_config('tcp_keepalives_count', '3', false),
           pg_catalog.set_config('tcp_user_timeout', '20000', false),
           pg_catalog.set_config('pipeline_poller.version', $2, false),
           pg_catalog.set_config('max_parallel_workers_per_gather',
                CASE WHEN $3 THEN pg_catalog.current_setting('max_parallel_workers_per_gather') ELSE '0' END, false),
           pg_catalog.has_schema_privilege('pipeline', 'USAGE') AS may_use
    FROM pg_catalog.pg_extension WHERE extname = 'pipeline_forecast'
)sql";

// So that the server gives up a long statement whose client is gone. Not every operating system can tell.
constexpr std::string_view kWatchClient = "SET client_connection_check_interval = '5s'";
constexpr std::chrono::milliseconds kLongStatement = std::chrono::minutes(1);

// A statement that was prepared before a release changed the shape of its result.
constexpr std::string_view kPlanOutdated = "0A000";

void log_notice(void *, const pg_result *notice) {
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    if (severity == nullptr || message == nullptr) {
        return;
    }
    if (std::string_view(severity) == "WARNING") {
        const char *hint = PQresultErrorField(notice, PG_DIAG_MESSAGE_HINT);
        log::warning("database warning", {{"message", message}, {"hint", hint == nullptr ? "" : hint}});
    } else {
        log::debug("database notice", {{"message", message}});
    }
}

[[nodiscard]] std::string one_line(std::string_view text) {
    while (!text.empty() && text.back() == '\n') {
        text.remove_suffix(1);
    }
    std::string result(text);
    for (char &byte : result) {
        if (byte == '\n' || byte == '\t') {
            byte = ' ';
        }
    }
    return result;
}

}  // namespace

// Gives up on the socket when the time is over.
class Connection::Deadline {
public:
    Deadline(Connection &connection, std::chrono::milliseconds limit) : timer_(connection.socket_.get_executor()) {
        if (limit.count() > 0) {
            timer_.expires_after(limit);
            // Alive as long as the timer: an expiry that is already queued must not reach a later statement.
            timer_.async_wait([&connection, alive = std::weak_ptr<int>(alive_)](const error_code &error) {
                if (!error && !alive.expired()) {
                    connection.abort_reason_ = "no answer in time";
                    connection.abort();
                }
            });
        }
    }

private:
    std::shared_ptr<int> alive_ = std::make_shared<int>();
    asio::steady_timer timer_;
};

class Connection::Timing {
public:
    explicit Timing(const Connection &connection) : connection_(connection) {}
    Timing(const Timing &) = delete;
    Timing &operator=(const Timing &) = delete;
    ~Timing() {
        if (connection_.options_.observe) {
            connection_.options_.observe(std::chrono::steady_clock::now() - started_);
        }
    }

private:
    const Connection &connection_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

void Connection::Finish::operator()(pg_conn *connection) const noexcept { PQfinish(connection); }

Connection::Connection(const asio::any_io_executor &executor, ConnectOptions options)
    : options_(std::move(options)), socket_(executor) {}

Connection::~Connection() = default;

awaitable<std::unique_ptr<Connection>> Connection::open(ConnectOptions options) {
    std::unique_ptr<Connection> connection(new Connection(co_await asio::this_coro::executor, std::move(options)));
    co_await connection->connect();
    co_await connection->set_up_session();
    co_return connection;
}

awaitable<void> Connection::connect() {
    // Later words win over earlier ones: the connection string comes last and may say otherwise.
    const std::array<const char *, 8> words = {
        "application_name", "client_encoding",  "keepalives_idle", "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "dbname",          nullptr};
    const std::array<const char *, 8> values = {options_.application_name.c_str(), "UTF8", "10", "5", "3", "20000",
                                                options_.conninfo.c_str(),         nullptr};
    connection_.reset(PQconnectStartParams(words.data(), values.data(), 1));
    if (connection_ == nullptr) {
        throw std::bad_alloc();
    }
    PQsetNoticeReceiver(connection_.get(), log_notice, nullptr);
    const Deadline deadline(*this, options_.connect_timeout);
    PostgresPollingStatusType status =
        PQstatus(connection_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK) {
        if (status == PGRES_POLLING_FAILED) {
            lost("could not connect to the database");
        }
        watch_socket();
        co_await wait_for_socket(status == PGRES_POLLING_WRITING);
        status = PQconnectPoll(connection_.get());
    }
    PQsetnonblocking(connection_.get(), 1);
    watch_socket();
}

awaitable<void> Connection::set_up_session() {
    const std::string timeout = fmt::format("{}", options_.statement_timeout.count());
    const Result set = co_await execute(
        kSessionSetup, params(timeout, std::string_view(PIPELINE_FORECAST_VERSION), options_.parallel));
    if (set.empty()) {
        throw PermanentError(fmt::format("database \"{}\" has no extension pipeline_forecast", PQdb(connection_.get())),
                             {"55000", "", "CREATE EXTENSION pipeline_forecast; SELECT pipeline.pipeline_setup();"});
    }
    // Schemas that a role may not use are passed over in its path: it would be told that functions do not exist.
    if (set[0]["may_use"].text() != "t") {
        throw PermanentError("permission denied for schema pipeline", {"42501", "", ""});
    }
    if (options_.statement_timeout.count() == 0 || options_.statement_timeout > kLongStatement) {
        try {
            co_await execute(kWatchClient);
        } catch (const PermanentError &error) {
            log::debug("the server does not watch its clients", {{"error", error.what()}});
        }
    }
}

// While it connects, libpq may change from one socket to the next.
void Connection::watch_socket() {
    const int descriptor = fcntl(PQsocket(connection_.get()), F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0) {
        lost("could not watch the connection to the database");
    }
    if (socket_.is_open()) {
        socket_.close();
    }
    socket_.assign(descriptor);
}

awaitable<void> Connection::wait_for_socket(bool to_write) {
    if (broken_) {
        lost("connection to the database is closed");
    }
    // Until all is sent, the server may have to get rid of what it says first.
    std::shared_ptr<bool> waiting;
    if (to_write) {
        waiting = std::make_shared<bool>(true);
        socket_.async_wait(asio::posix::stream_descriptor::wait_read, [this, waiting](const error_code &error) {
            if (!error && *waiting) {
                socket_.cancel();
            }
        });
    }
    error_code ignored;
    co_await socket_.async_wait(
        to_write ? asio::posix::stream_descriptor::wait_write : asio::posix::stream_descriptor::wait_read,
        into(ignored));
    if (waiting) {
        *waiting = false;
        socket_.cancel(ignored);
    }
    if (broken_) {
        lost("connection to the database was given up");
    }
}

awaitable<void> Connection::flush() {
    while (true) {
        const int left = PQflush(connection_.get());
        if (left == 0) {
            co_return;
        }
        if (left < 0) {
            lost("could not send to the database");
        }
        co_await wait_for_socket(true);
        if (PQconsumeInput(connection_.get()) == 0) {
            lost("connection to the database is lost");
        }
    }
}

// Null when the statement is done.
awaitable<pg_result *> Connection::next_result() {
    while (PQisBusy(connection_.get()) != 0) {
        co_await wait_for_socket(false);
        if (PQconsumeInput(connection_.get()) == 0) {
            lost("connection to the database is lost");
        }
    }
    pg_result *result = PQgetResult(connection_.get());
    if (result == nullptr) {
        sent_ = false;
    }
    co_return result;
}

awaitable<Result> Connection::collect() {
    Result last;
    bool failed = false;
    while (true) {
        pg_result *next = co_await next_result();
        if (next == nullptr) {
            break;
        }
        const ExecStatusType status = PQresultStatus(next);
        if (failed) {
            PQclear(next);
            continue;
        }
        last = Result(next);
        if (status == PGRES_COPY_IN) {
            co_return last;
        }
        failed = status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE;
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        lost("connection to the database is lost");
    }
    if (failed) {
        throw_error(last.get());
    }
    co_return last;
}

awaitable<std::string> Connection::prepared(std::string_view statement) {
    if (const auto known = statement_names_.find(statement); known != statement_names_.end()) {
        co_return known->second;
    }
    const std::string name = fmt::format("s{}", statement_names_.size() + 1);
    const std::string text(statement);
    if (PQsendPrepare(connection_.get(), name.c_str(), text.c_str(), 0, nullptr) == 0) {
        lost("could not send to the database");
    }
    sent_ = true;
    co_await flush();
    co_await collect();
    statement_names_.emplace(text, name);
    co_return name;
}

awaitable<Result> Connection::query(std::string_view statement, Params parameters) {
    const Deadline deadline(*this, options_.reply_timeout);
    const Timing timing(*this);
    const std::string name = co_await prepared(statement);
    const std::vector<const char *> values = parameters.pointers();
    if (PQsendQueryPrepared(connection_.get(), name.c_str(), parameters.size(), values.data(), nullptr, nullptr, 0) ==
        0) {
        lost("could not send to the database");
    }
    sent_ = true;
    co_await flush();
    try {
        co_return co_await collect();
    } catch (const PermanentError &error) {
        if (error.sqlstate() != kPlanOutdated) {
            throw;
        }
        broken_ = true;
        throw TransientError(error.what(), {error.sqlstate(), error.detail(), error.hint()});
    }
}

awaitable<Result> Connection::execute(std::string_view statement, Params parameters) {
    const Deadline deadline(*this, options_.reply_timeout);
    const Timing timing(*this);
    const std::string text(statement);
    const std::vector<const char *> values = parameters.pointers();
    if (PQsendQueryParams(connection_.get(), text.c_str(), parameters.size(), nullptr, values.data(), nullptr, nullptr,
                          0) == 0) {
        lost("could not send to the database");
    }
    sent_ = true;
    co_await flush();
    co_return co_await collect();
}

awaitable<void> Connection::start(std::string_view statement, Params parameters) {
    const Deadline deadline(*this, options_.reply_timeout);
    const std::string name = co_await prepared(statement);
    const std::vector<const char *> values = parameters.pointers();
    if (PQsendQueryPrepared(connection_.get(), name.c_str(), parameters.size(), values.data(), nullptr, nullptr, 0) ==
            0 ||
        PQsetSingleRowMode(connection_.get()) == 0) {
        lost("could not send to the database");
    }
    sent_ = true;
    co_await flush();
}

awaitable<std::optional<Result>> Connection::next_row() {
    const Deadline deadline(*this, options_.reply_timeout);
    pg_result *next = co_await next_result();
    if (next == nullptr) {
        co_return std::nullopt;
    }
    Result row(next);
    if (PQresultStatus(next) == PGRES_SINGLE_TUPLE) {
        co_return std::move(row);
    }
    co_await collect();  // the rest, which is empty
    if (PQresultStatus(next) != PGRES_TUPLES_OK) {
        throw_error(next);
    }
    co_return std::nullopt;
}

awaitable<std::int64_t> Connection::copy_in(std::string_view statement, std::function<std::string_view()> next_chunk) {
    co_await execute(statement);
    std::exception_ptr refused;
    while (true) {
        const Deadline deadline(*this, options_.reply_timeout);
        std::string_view chunk;
        try {
            chunk = next_chunk();
        } catch (...) {
            refused = std::current_exception();
        }
        if (chunk.empty()) {
            break;
        }
        if (PQputCopyData(connection_.get(), chunk.data(), static_cast<int>(chunk.size())) != 1) {
            lost("could not send to the database");
        }
        co_await flush();
    }
    const Deadline deadline(*this, options_.reply_timeout);
    if (PQputCopyEnd(connection_.get(), refused ? "given up by the sender" : nullptr) != 1) {
        lost("could not send to the database");
    }
    co_await flush();
    if (refused) {
        try {
            co_await collect();
        } catch (const PermanentError &) {
            std::rethrow_exception(refused);
        } catch (const TransientError &) {
            std::rethrow_exception(refused);  // 57014: the server's word for a COPY that its client gave up
        }
    }
    const Result copied = co_await collect();
    co_return copied.affected();
}

awaitable<std::string> Connection::notification() {
    while (true) {
        if (const std::unique_ptr<PGnotify, decltype(&PQfreemem)> found(PQnotifies(connection_.get()), &PQfreemem);
            found) {
            co_return std::string(found->extra);
        }
        co_await wait_for_socket(false);
        if (PQconsumeInput(connection_.get()) == 0) {
            lost("connection to the database is lost");
        }
    }
}

void Connection::abort() {
    broken_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

bool Connection::reusable() {
    // A server that ended the session has said so, or closed the socket at least.
    pollfd socket{PQsocket(connection_.get()), POLLRDHUP, 0};
    return !broken_ && !sent_ && poll(&socket, 1, 0) == 0 && PQstatus(connection_.get()) == CONNECTION_OK &&
           PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

void Connection::lost(std::string_view what) {
    broken_ = true;
    const std::string reason = abort_reason_ != nullptr ? abort_reason_ : one_line(PQerrorMessage(connection_.get()));
    throw ConnectionLost(reason.empty() ? std::string(what) : fmt::format("{}: {}", what, reason), sent_);
}

}  // namespace poller::db
