// The database layer against a real server, which tests/e2e/poller/test_poller_database.py provides: DATABASE_URL names
// an empty database with the extension, for a superuser.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "poller/async/sleep.hpp"
#include "poller/db/connection.hpp"
#include "poller/db/listener.hpp"
#include "poller/db/pool.hpp"
#include "poller/errors.hpp"
#include "poller/jobs/notifier.hpp"

namespace poller::db {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

[[nodiscard]] ConnectOptions options() {
    ConnectOptions result;
    const char *url = std::getenv("DATABASE_URL");
    result.conninfo = url == nullptr ? "" : url;
    return result;
}

class Database : public testing::Test {
public:
    void run(std::function<awaitable<void>()> test) {
        std::exception_ptr failure;
        bool done = false;
        asio::co_spawn(context_, std::move(test), [&](const std::exception_ptr &error) {
            failure = error;
            done = true;
            context_.stop();
        });
        context_.run_for(std::chrono::seconds(30));
        EXPECT_TRUE(done) << "the test did not come to its end";
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

    // The error of a statement that has to fail.
    template <typename Failure>
    [[nodiscard]] awaitable<Failure> failure(awaitable<Result> statement) {
        std::optional<Failure> found;
        try {
            static_cast<void>(co_await std::move(statement));
        } catch (const Failure &error) {
            found = error;
        }
        if (!found) {
            throw std::logic_error("the statement did not fail in this way");
        }
        co_return *found;
    }

    // What becomes of the other session is up to the server.
    [[nodiscard]] awaitable<void> terminate(std::string backend) {
        const auto other = co_await Connection::open(options());
        co_await other->execute("SELECT pg_terminate_backend($1::integer, 5000)", params(backend));
    }

    [[nodiscard]] static awaitable<std::string> backend_of(Connection &connection) {
        const Result result = co_await connection.query("SELECT pg_backend_pid()");
        co_return std::string(result[0][0].text());
    }

    asio::io_context context_;
};

TEST_F(Database, ValuesArriveAndComeBack) {
    run([]() -> awaitable<void> {
        const auto connection = co_await Connection::open(options());
        const std::vector<std::optional<std::string>> texts = {"a,b",  std::nullopt, "q\"\\", "",
                                                               "NULL", "{x}",        "ü €",   " b "};
        const Params parameters =
            params("text ü", 42, true, std::nullopt, std::vector<std::int64_t>{1, -2}, texts, 1.5);
        const Result result = co_await connection->query(
            "SELECT $1::text AS word, $2::integer + 1, NOT $3::boolean, $4::text, ($5::bigint[])[2], $6::text[], "
            "$7::float8",
            parameters);
        const Row row = result[0];
        EXPECT_EQ(row["word"].text(), "text ü");
        EXPECT_EQ(row[1].integer(), 43);
        EXPECT_FALSE(row[2].boolean());
        EXPECT_TRUE(row[3].is_null());
        EXPECT_EQ(row[4].integer(), -2);
        EXPECT_EQ(row[6].real(), 1.5);
        const Result elements = co_await connection->query(
            "SELECT e FROM unnest($1::text[]) WITH ORDINALITY AS t (e, n) ORDER BY n", params(texts));
        EXPECT_EQ(elements.size(), static_cast<int>(texts.size()));
        for (int i = 0; i < elements.size(); ++i) {
            const auto &expected = texts[static_cast<std::size_t>(i)];
            EXPECT_EQ(elements[i][0].is_null(), !expected.has_value());
            EXPECT_EQ(elements[i][0].text(), expected.value_or(""));
        }
        EXPECT_THROW(static_cast<void>(row["nothing"]), std::invalid_argument);
        EXPECT_THROW(static_cast<void>(row[0].integer()), std::invalid_argument);
        EXPECT_THROW(static_cast<void>(row[3].integer()), std::invalid_argument);
    });
}

TEST_F(Database, SessionsFindTheExtensionAndSpeakUtc) {
    run([]() -> awaitable<void> {
        const auto connection = co_await Connection::open(options());
        const Result result = co_await connection->query(
            "SELECT current_setting('search_path'), current_setting('TimeZone'), current_setting('application_name'),"
            " pipeline_setting('snapshot_retention_days')");
        EXPECT_EQ(result[0][0].text(),
                  "pg_catalog, pipeline, pipeline_work, pipeline_internal, pipeline_data, pg_temp");
        EXPECT_EQ(result[0][1].text(), "UTC");
        EXPECT_EQ(result[0][2].text(), "pipeline-poller");
    });
}

// By itself it keeps a session whose host is gone, and what that has locked, for two hours.
TEST_F(Database, TheServerSoonNoticesThatThisHostIsGone) {
    run([]() -> awaitable<void> {
        const auto local = co_await Connection::open(options());
        static_cast<void>(co_await local->query("ALTER ROLE CURRENT_USER PASSWORD 'through the network'"));
        ConnectOptions remote = options();
        remote.conninfo += " host=127.0.0.1 password='through the network'";
        const auto connection = co_await Connection::open(remote);
        const Result result = co_await connection->query(
            "SELECT current_setting('tcp_keepalives_idle')::int + current_setting('tcp_keepalives_interval')::int"
            " * current_setting('tcp_keepalives_count')::int, current_setting('tcp_user_timeout'),"
            " current_setting('idle_in_transaction_session_timeout')");
        EXPECT_EQ(result[0][0].integer(), 25);
        EXPECT_EQ(result[0][1].text(), "20000");  // ms
        EXPECT_EQ(result[0][2].text(), "30s");
    });
}

TEST_F(Database, StatementsMayBeKeptFromStartingWorkers) {
    run([]() -> awaitable<void> {
        ConnectOptions alone = options();
        alone.parallel = false;
        const auto first = co_await Connection::open(alone);
        const Result none = co_await first->query("SELECT current_setting('max_parallel_workers_per_gather')");
        EXPECT_EQ(none[0][0].text(), "0");
        const auto second = co_await Connection::open(options());
        const Result some = co_await second->query(
            "SELECT current_setting('max_parallel_workers_per_gather') = reset_val FROM pg_settings"
            " WHERE name = 'max_parallel_workers_per_gather'");
        EXPECT_TRUE(some[0][0].boolean());
    });
}

// A worker that waits for one job after the other is not to wait for what coalesces a storm.
TEST_F(Database, NotificationsOneAfterTheOtherAreSentAtOnce) {
    run([this]() -> awaitable<void> {
        int heard = 0;
        Listener listener(options(), "pipeline_jobs", [&heard] { ++heard; });
        spawn(context_.get_executor(), listener.run());
        Pool pool(options(), {1, milliseconds(2000)});
        jobs::Notifier notifier(context_.get_executor(), pool);
        co_await sleep_for(milliseconds(300));
        const int before = heard;
        for (int i = 0; i < 20; ++i) {
            notifier.notify();
            notifier.notify();
            co_await sleep_for(milliseconds(10));
        }
        co_await sleep_for(milliseconds(300));
        EXPECT_GE(heard - before, 18);
        EXPECT_LE(heard - before, 40);
        listener.stop();
        co_await sleep_for(milliseconds(100));
    });
}

TEST_F(Database, ErrorsTellWhetherToTryAgain) {
    run([this]() -> awaitable<void> {
        const auto connection = co_await Connection::open(options());
        const auto wrong = co_await failure<PermanentError>(connection->query("SELECT pipeline_setting('nonsense')"));
        EXPECT_EQ(wrong.sqlstate(), "42704");
        EXPECT_STREQ(wrong.what(), "unrecognized setting \"nonsense\"");
        EXPECT_FALSE(wrong.hint().empty());
        static_cast<void>(co_await failure<PermanentError>(connection->query("SELECT nonsense")));
        const auto passing = co_await failure<TransientError>(
            connection->execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001', DETAIL = 'a detail'; END $$"));
        EXPECT_EQ(passing.sqlstate(), "40001");
        EXPECT_EQ(passing.detail(), "a detail");
        EXPECT_TRUE(connection->reusable()) << "an error of a statement leaves the connection in order";
    });
}

TEST_F(Database, AStatementThatTakesTooLongEnds) {
    run([this]() -> awaitable<void> {
        ConnectOptions hurried = options();
        hurried.statement_timeout = milliseconds(100);
        const auto by_server = co_await Connection::open(hurried);
        const auto cancelled = co_await failure<TransientError>(by_server->query("SELECT pg_sleep(10)"));
        EXPECT_EQ(cancelled.sqlstate(), "57014");
        EXPECT_TRUE(by_server->reusable());

        ConnectOptions deaf = options();
        deaf.statement_timeout = std::chrono::seconds(20);
        deaf.reply_timeout = milliseconds(500);
        const auto by_client = co_await Connection::open(deaf);
        const auto started = Clock::now();
        const auto lost = co_await failure<ConnectionLost>(by_client->query("SELECT pg_sleep(10)"));
        EXPECT_TRUE(lost.in_doubt());
        EXPECT_LT(Clock::now() - started, std::chrono::seconds(5));
        EXPECT_FALSE(by_client->reusable());
        static_cast<void>(co_await failure<ConnectionLost>(by_client->query("SELECT 1")));
    });
}

TEST_F(Database, AnAbortedStatementIsInDoubt) {
    run([this]() -> awaitable<void> {
        const auto connection = co_await Connection::open(options());
        asio::steady_timer timer(context_, milliseconds(100));
        timer.async_wait([&connection](const error_code &) { connection->abort(); });
        const auto lost = co_await failure<ConnectionLost>(connection->query("SELECT pg_sleep(10)"));
        EXPECT_TRUE(lost.in_doubt());
    });
}

TEST_F(Database, ASessionThatTheServerEndsIsNotUsedAgain) {
    run([this]() -> awaitable<void> {
        Pool pool(options(), {1, std::chrono::seconds(5)});
        std::string backend;
        {
            const Pool::Lease lease = co_await pool.acquire();
            backend = co_await backend_of(*lease);
        }
        EXPECT_EQ(pool.idle_connections(), 1);
        co_await terminate(backend);
        const Pool::Lease lease = co_await pool.acquire();
        EXPECT_NE(co_await backend_of(*lease), backend);
        EXPECT_EQ(pool.open_connections(), 1);
    });
}

TEST_F(Database, ATransactionThatWasLeftOpenIsRolledBack) {
    run([]() -> awaitable<void> {
        Pool pool(options(), {1, std::chrono::seconds(5)});
        {
            const Pool::Lease lease = co_await pool.acquire();
            co_await lease->execute("BEGIN");
            co_await lease->execute("CREATE TABLE pipeline.left_open ()");
        }
        EXPECT_EQ(pool.open_connections(), 0);
        const Result result = co_await pool.query("SELECT to_regclass('left_open') IS NULL");
        EXPECT_TRUE(result[0][0].boolean());
    });
}

TEST_F(Database, APoolOpensNoMoreThanItMay) {
    run([this]() -> awaitable<void> {
        Pool pool(options(), {2, std::chrono::seconds(10)});
        int most = 0;
        int left = 8;
        Wakeup done;
        for (int i = 0; i < 8; ++i) {
            spawn(context_.get_executor(), [](Pool &shared, int &peak, int &count, Wakeup &last) -> awaitable<void> {
                static_cast<void>(co_await shared.query("SELECT pg_sleep(0.05)"));
                peak = std::max(peak, shared.open_connections());
                if (--count == 0) {
                    last.wake_all();
                }
            }(pool, most, left, done));
        }
        co_await done.wait();
        EXPECT_EQ(most, 2);
        EXPECT_EQ(pool.idle_connections(), 2);
    });
}

TEST_F(Database, APoolThatStaysInUseSaysSo) {
    run([this]() -> awaitable<void> {
        Pool pool(options(), {1, milliseconds(100)});
        const Pool::Lease lease = co_await pool.acquire();
        const auto error = co_await failure<TransientError>(pool.query("SELECT 1"));
        EXPECT_STREQ(error.what(), "all 1 connections to the database are in use");
    });
}

TEST_F(Database, ADatabaseThatIsAwayFailsAtOnceUntilTheNextAttempt) {
    run([this]() -> awaitable<void> {
        ConnectOptions away = options();
        away.conninfo = "host=127.0.0.1 port=1";
        Pool pool(away, {1, std::chrono::seconds(5)});
        const auto started = Clock::now();
        for (int i = 0; i < 50; ++i) {
            static_cast<void>(co_await failure<TransientError>(pool.query("SELECT 1")));
        }
        EXPECT_FALSE(pool.reachable());
        EXPECT_EQ(pool.open_connections(), 0);
        EXPECT_LT(Clock::now() - started, std::chrono::seconds(2));
    });
}

// As when a process ends while something still runs. AddressSanitizer sees what would go wrong.
TEST(Pool, EndsBeforeThoseWhoHoldItsConnections) {
    const auto context = std::make_unique<asio::io_context>();
    auto pool = std::make_unique<Pool>(options(), Pool::Limits{1, std::chrono::seconds(5)});
    bool held = false;
    spawn(context->get_executor(), [](Pool &shared, bool &has_one) -> awaitable<void> {
        const Pool::Lease lease = co_await shared.acquire();
        has_one = true;
        co_await lease->execute("SELECT pg_sleep(60)");
    }(*pool, held));
    context->run_for(std::chrono::seconds(2));
    EXPECT_TRUE(held);
    pool.reset();
}

TEST_F(Database, RowsComeOneByOne) {
    run([this]() -> awaitable<void> {
        const auto connection = co_await Connection::open(options());
        co_await connection->start("SELECT n FROM generate_series(1, $1) AS n", params(5000));
        std::int64_t sum = 0;
        int rows = 0;
        std::optional<Result> row = co_await connection->next_row();
        while (row) {
            EXPECT_EQ(row->size(), 1);
            sum += (*row)[0][0].integer();
            ++rows;
            row = co_await connection->next_row();
        }
        EXPECT_EQ(rows, 5000);
        EXPECT_EQ(sum, 12'502'500);
        EXPECT_TRUE(connection->reusable());

        co_await connection->start("SELECT 10 / (3 - n) FROM generate_series(1, 5) AS n");
        static_cast<void>(co_await connection->next_row());
        bool failed = false;
        try {
            while (true) {
                row = co_await connection->next_row();
                if (!row) {
                    break;
                }
            }
        } catch (const PermanentError &error) {
            failed = error.sqlstate() == "22012";
        }
        EXPECT_TRUE(failed);
        EXPECT_TRUE(connection->reusable());

        Pool pool(options(), {1, std::chrono::seconds(5)});
        {
            const Pool::Lease lease = co_await pool.acquire();
            co_await lease->start("SELECT n FROM generate_series(1, 5000) AS n");
            static_cast<void>(co_await lease->next_row());
        }
        EXPECT_EQ(pool.open_connections(), 0) << "left in between";
    });
}

TEST_F(Database, CopyTakesMuchAndGivesUpWhole) {
    run([]() -> awaitable<void> {
        const auto connection = co_await Connection::open(options());
        co_await connection->execute("CREATE TEMP TABLE copied (n integer, t text)");
        int chunk = 0;
        std::string text;
        const std::int64_t rows =
            co_await connection->copy_in("COPY pg_temp.copied FROM STDIN", [&chunk, &text]() -> std::string_view {
                text.clear();
                for (int i = 0; chunk < 200 && i < 500; ++i) {
                    text += std::to_string(chunk * 500 + i) + "\t" + std::string(50, 'x') + "\n";
                }
                ++chunk;
                return text;
            });
        EXPECT_EQ(rows, 100'000);
        bool thrown = false;
        try {
            int calls = 0;
            co_await connection->copy_in("COPY pg_temp.copied FROM STDIN", [&calls]() -> std::string_view {
                if (++calls == 3) {
                    throw std::out_of_range("the file is broken");
                }
                return "1\tx\n";
            });
        } catch (const std::out_of_range &) {
            thrown = true;
        }
        EXPECT_TRUE(thrown);
        bool refused = false;
        try {
            int calls = 0;
            co_await connection->copy_in("COPY pg_temp.copied FROM STDIN", [&calls]() -> std::string_view {
                return ++calls == 1 ? "no number\tx\n" : "";
            });
        } catch (const PermanentError &error) {
            refused = error.sqlstate() == "22P02";
        }
        EXPECT_TRUE(refused);
        const Result count = co_await connection->query("SELECT count(*) FROM pg_temp.copied");
        EXPECT_EQ(count[0][0].integer(), 100'000);
    });
}

TEST_F(Database, LargeStatementsAndResults) {
    run([]() -> awaitable<void> {
        const auto connection = co_await Connection::open(options());
        const std::string large(20'000'000, 'y');
        const Result result = co_await connection->query("SELECT $1::text, length($1)", params(large));
        EXPECT_EQ(result[0][0].text().size(), large.size());
        EXPECT_EQ(result[0][1].integer(), 20'000'000);
    });
}

TEST_F(Database, AStatementWhoseResultChangedIsPreparedAnew) {
    run([this]() -> awaitable<void> {
        Pool pool(options(), {1, std::chrono::seconds(5)});
        static_cast<void>(co_await pool.query("SELECT 1"));
        {
            const Pool::Lease lease = co_await pool.acquire();
            co_await lease->execute("CREATE TABLE pipeline.reshaped (a integer)");
        }
        static_cast<void>(co_await pool.query("SELECT * FROM reshaped"));
        {
            const Pool::Lease lease = co_await pool.acquire();
            co_await lease->execute("ALTER TABLE reshaped ADD COLUMN b text");
        }
        static_cast<void>(co_await failure<TransientError>(pool.query("SELECT * FROM reshaped")));
        EXPECT_EQ((co_await pool.query("SELECT * FROM reshaped")).columns(), 2);
        static_cast<void>(co_await pool.query("DROP TABLE reshaped"));
    });
}

TEST_F(Database, AListenerHearsAndListensAgain) {
    run([this]() -> awaitable<void> {
        int heard = 0;
        Wakeup news;
        ConnectOptions named = options();
        named.application_name = "listener of the test";
        Listener listener(named, "some_channel", [&heard, &news] {
            ++heard;
            news.wake_all();
        });
        spawn(context_.get_executor(), listener.run());
        co_await news.wait();
        EXPECT_EQ(heard, 1) << "once when it begins to listen";
        const auto connection = co_await Connection::open(options());
        static_cast<void>(co_await connection->query("SELECT pg_notify('some_channel', 'x')"));
        while (heard < 2) co_await news.wait();
        EXPECT_EQ(heard, 2);
        static_cast<void>(
            co_await connection->query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
                                       "application_name = 'listener of the test'"));
        while (heard < 3) co_await news.wait();
        EXPECT_EQ(heard, 3) << "and when it listens again";
        listener.stop();
        co_await sleep_for(milliseconds(100));
    });
}

TEST_F(Database, WithoutTheExtensionSaysWhatToDo) {
    run([]() -> awaitable<void> {
        ConnectOptions other = options();
        other.conninfo += " dbname=postgres";
        std::optional<PermanentError> refused;
        try {
            static_cast<void>(co_await Connection::open(other));
        } catch (const PermanentError &error) {
            refused = error;
        }
        EXPECT_TRUE(refused.has_value());
        EXPECT_STREQ(refused->what(), "database \"postgres\" has no extension pipeline_forecast");
        EXPECT_EQ(refused->hint(), "CREATE EXTENSION pipeline_forecast; SELECT pipeline.pipeline_setup();");
    });
}

}  // namespace
}  // namespace poller::db
