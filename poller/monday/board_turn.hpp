// One writer at a time for each board, whatever process or machine it is on: monday.com warns of corrupted data where
// several write to one board. A turn has a term, so that a process that freezes or is cut off keeps nobody waiting for
// longer, and a token, by which the database tells the one that wakes up afterwards that others have written since.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/config/settings.hpp"
#include "poller/db/pool.hpp"
#include "poller/errors.hpp"

namespace poller::monday {

// The turn is over: another one took its own meanwhile, or may have.
class TurnLost : public WaitError {
public:
    using WaitError::WaitError;
};

// Half a lease: whoever takes a job over finds its board free.
[[nodiscard]] std::chrono::milliseconds turn_term(const Settings &settings);

class BoardTurn {
public:
    struct Terms {
        // How long a turn outlives the last sign of life.
        std::chrono::milliseconds term;
        // How long to wait for others.
        std::chrono::milliseconds patience;
        std::stop_token stop;
    };

    BoardTurn(db::Pool &database, std::string board_id, std::int64_t token, std::chrono::milliseconds term);

    // Asked before each call that writes: the call may begin until the moment that is returned. Throws TurnLost.
    [[nodiscard]] awaitable<std::chrono::steady_clock::time_point> confirm();

    // Runs "SELECT function(...)" that notes something about writes; refused with TurnLost where the turn is over.
    awaitable<void> note(std::string_view statement, db::Params parameters);

private:
    friend awaitable<void> with_board_turn(db::Pool &, std::string_view, Terms,
                                           std::function<awaitable<void>(BoardTurn &)>);

    static awaitable<std::shared_ptr<BoardTurn>> take(db::Pool &database, std::string_view board_id, Terms terms);
    static awaitable<void> keep(std::shared_ptr<BoardTurn> turn);
    awaitable<bool> extend();
    awaitable<void> give_back();
    [[nodiscard]] TurnLost lost() const;

    db::Pool &database_;
    std::string board_id_;
    std::int64_t token_;
    std::chrono::milliseconds term_;
    bool is_over_ = false;
    Wakeup ended_;
};

// Does the work while no other poller writes to the board. The turn is kept for as long as the work takes, and no
// transaction is open meanwhile. Throws WaitError where others write for longer than the patience.
[[nodiscard]] awaitable<void> with_board_turn(db::Pool &database, std::string_view board_id, BoardTurn::Terms terms,
                                              std::function<awaitable<void>(BoardTurn &)> work);

}  // namespace poller::monday
