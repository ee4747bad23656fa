// Calls of monday.com: within the limits that all pollers share, repeated where that helps, checked before they are
// believed.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <stop_token>
#include <string>

#include <nlohmann/json.hpp>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/http/client/client.hpp"
#include "poller/monday/account.hpp"
#include "poller/monday/board_turn.hpp"
#include "poller/monday/budget.hpp"
#include "poller/monday/errors.hpp"
#include "poller/monday/queries/documents.hpp"
#include "poller/monday/response.hpp"

namespace poller::monday {

// What a flow has used so far.
struct Usage {
    std::int64_t calls = 0;
    std::int64_t complexity = 0;
};

// One flow's way to monday.com; flows share Budget and http::Client.
class Client {
public:
    // Patience: how long one call may wait for limits and for trouble to pass, in all. Once stop is requested, calls
    // and waits end with an error.
    Client(http::Client &http, Budget &budget, Account account, std::chrono::milliseconds patience,
           std::stop_token stop = {});

    // Reads. Errors that pass are waited for; what is left of them, or stays wrong, is in the response beside the data
    // that they leave (see vouched()). Throws WaitError where a limit takes longer than the patience, TransientError or
    // Refused where there are no data at all, CursorExpired, and PermanentError for an answer in another version of the
    // API.
    [[nodiscard]] awaitable<Response> read(const Document &document, nlohmann::json variables);

    // Reads a page of a board. Throws PageTooLarge where the answer says, or twice looks as if, it asks for too much.
    [[nodiscard]] awaitable<Response> read_page(const Document &document, nlohmann::json variables);

    // Reads, and takes any error for a failure of the whole.
    [[nodiscard]] awaitable<nlohmann::json> read_whole(const Document &document, nlohmann::json variables);

    // Writes, at most once for a key within 30 minutes. Throws like read_whole(), and WriteInDoubt.
    [[nodiscard]] awaitable<nlohmann::json> write(const Document &document, nlohmann::json variables,
                                                  std::string idempotency_key);

    // Several mutations in one request (see Mutations). Errors that name one of them are in the response; all others
    // are thrown as by write(), and TurnLost: nothing is sent once it is the turn of another one.
    [[nodiscard]] awaitable<Response> write_all(const Document &document, nlohmann::json variables,
                                                std::string idempotency_key, BoardTurn &turn);

    [[nodiscard]] const Usage &usage() const noexcept { return usage_; }
    [[nodiscard]] const std::string &version() const noexcept { return account_.version; }
    [[nodiscard]] bool is_stopped() const noexcept { return stop_.stop_requested(); }
    [[nodiscard]] const std::stop_token &stop() const noexcept { return stop_; }
    [[nodiscard]] std::chrono::milliseconds patience() const noexcept { return patience_; }

private:
    struct Attempt;
    using Deadline = std::chrono::steady_clock::time_point;

    enum class Kind { kRead, kReadPage, kWrite, kWriteAll };

    [[nodiscard]] awaitable<Response> call(const Document &document, nlohmann::json variables, Kind kind,
                                           std::string idempotency_key, BoardTurn *turn = nullptr);
    [[nodiscard]] awaitable<Response> read_as(Kind kind, const Document &document, nlohmann::json variables);
    [[nodiscard]] awaitable<void> refuse_token(Kind kind, const ApiError &error, std::string message);
    [[nodiscard]] awaitable<Attempt> attempt(const Document &document, const http::Call &request, Deadline deadline,
                                             BoardTurn *turn);
    void check_version(const Response &response) const;
    [[nodiscard]] http::Call request_of(const Document &document, const nlohmann::json &variables,
                                        const std::string &idempotency_key) const;

    http::Client &http_;
    Budget &budget_;
    Account account_;
    std::chrono::milliseconds patience_;
    std::stop_token stop_;
    Usage usage_;
    std::minstd_rand random_;
};

}  // namespace poller::monday
