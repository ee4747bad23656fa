#include "poller/monday/board_turn.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "poller/async/backoff.hpp"
#include "poller/async/sleep.hpp"
#include "poller/log/log.hpp"
#include "poller/process_name.hpp"

namespace poller::monday {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// Between two looks at whether the turn of another one is over.
constexpr milliseconds kLook{200};
constexpr double kJitter = 0.5;
constexpr milliseconds kAgain = std::chrono::seconds{2};
constexpr std::string_view kTurnIsOver = "55006";

double seconds(milliseconds duration) { return static_cast<double>(duration.count()) / 1000; }

}  // namespace

milliseconds turn_term(const Settings &settings) { return milliseconds{settings.lease} / 2; }

BoardTurn::BoardTurn(db::Pool &database, std::string board_id, std::int64_t token, milliseconds term)
    : database_(database), board_id_(std::move(board_id)), token_(token), term_(term) {}

TurnLost BoardTurn::lost() const {
    return {kAgain, fmt::format("another poller has taken its turn at board {}", board_id_)};
}

awaitable<std::shared_ptr<BoardTurn>> BoardTurn::take(db::Pool &database, std::string_view board_id, Terms terms) {
    const std::string board{board_id};
    const auto deadline = steady_clock::now() + terms.patience;
    for (bool is_told = false;; is_told = true) {
        const db::Result taken = co_await database.query(
            "SELECT take_board_turn($1, $2, make_interval(secs => $3)),"
            " (SELECT t.holder FROM board_turn t WHERE t.board_id = $1)",
            db::params(board, process_name(), seconds(terms.term)));
        if (!taken[0][0].is_null()) {
            co_return std::make_shared<BoardTurn>(database, board, taken[0][0].integer(), terms.term);
        }
        if (steady_clock::now() >= deadline || terms.stop.stop_requested()) {
            throw WaitError(kAgain, fmt::format("{} writes to board {}", taken[0][1].text(), board));
        }
        if (!is_told) log::info("waits for its turn", {{"board", board}, {"holder", taken[0][1].text()}});
        co_await sleep_for(jittered(kLook, kJitter), terms.stop);
    }
}

awaitable<bool> BoardTurn::extend() {
    const db::Result kept = co_await database_.query("SELECT keep_board_turn($1, $2, make_interval(secs => $3))",
                                                     db::params(board_id_, token_, seconds(term_)));
    co_return kept[0][0].boolean();
}

awaitable<steady_clock::time_point> BoardTurn::confirm() {
    const auto asked = steady_clock::now();
    if (!co_await extend()) throw lost();
    // The other half is for the call to arrive, and to be carried out.
    co_return asked + term_ / 2;
}

awaitable<void> BoardTurn::note(std::string_view statement, db::Params parameters) {
    const int given = parameters.size();
    parameters.add(board_id_);
    parameters.add(token_);
    const std::string fenced = fmt::format("{} FROM require_board_turn(${}, ${})", statement, given + 1, given + 2);
    try {
        co_await database_.query(fenced, std::move(parameters));
    } catch (const TransientError &error) {
        if (error.sqlstate() != kTurnIsOver) throw;
        throw lost();
    }
}

// While a call takes long, or waits for a limit to pass. What is lost is told by confirm().
awaitable<void> BoardTurn::keep(std::shared_ptr<BoardTurn> turn) {
    while (!turn->is_over_) {
        if (co_await turn->ended_.wait_for(turn->term_ / 3)) continue;
        try {
            if (!co_await turn->extend() && !turn->is_over_) {
                log::warning("turn lost", {{"board", turn->board_id_}, {"token", turn->token_}});
                co_return;
            }
        } catch (const Error &error) {
            log::warning("cannot keep a turn", {{"board", turn->board_id_}, {"error", error.what()}});
        }
    }
}

awaitable<void> BoardTurn::give_back() {
    is_over_ = true;
    ended_.wake_all();
    try {
        co_await database_.query("SELECT give_back_board_turn($1, $2)", db::params(board_id_, token_));
    } catch (const Error &error) {
        log::warning("cannot give a turn back; its term will end", {{"board", board_id_}, {"error", error.what()}});
    }
}

awaitable<void> with_board_turn(db::Pool &database, std::string_view board_id, BoardTurn::Terms terms,
                                std::function<awaitable<void>(BoardTurn &)> work) {
    const std::shared_ptr<BoardTurn> turn = co_await BoardTurn::take(database, board_id, terms);
    const auto executor = co_await asio::this_coro::executor;
    spawn(executor, BoardTurn::keep(turn));
    std::exception_ptr failure;
    try {
        co_await work(*turn);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await turn->give_back();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace poller::monday
