// Asks the database for keys: for all that wait by one statement, one statement at a time. So a crowd that guesses keys
// takes no more than one connection, and a valid key is found beside it. Nothing is cached: every answer is newer than
// its question, and a key that was revoked ends with the request after.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/db/pool.hpp"

namespace poller::api {

class KeyLookup {
public:
    using Scopes = std::optional<std::string>;  // "read,run"; nothing for a key that is unknown or revoked

    // The pool outlives it, and it outlives those who ask, unless the loop has stopped.
    explicit KeyLookup(db::Pool &database) : database_(database) {}
    KeyLookup(const KeyLookup &) = delete;
    KeyLookup &operator=(const KeyLookup &) = delete;

    // By the hash of a key, as api_key_hash() makes it. Throws what the database answers.
    [[nodiscard]] awaitable<Scopes> scopes_of(std::string hash);

private:
    struct Round {
        std::map<std::string, Scopes, std::less<>> keys;
        bool done = false;
        std::exception_ptr error;
        Wakeup answered;
    };

    awaitable<void> answer();
    awaitable<void> ask(Round &round);

    db::Pool &database_;
    std::shared_ptr<Round> next_;  // that has not begun, if somebody waits for it
    bool asking_ = false;
};

}  // namespace poller::api
