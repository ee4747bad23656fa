// Who may use the REST interface: whoever shows a bearer key with the scope that is asked for. The database knows the
// keys; a key that is revoked ends with the request after.
#pragma once

#include "poller/asio.hpp"
#include "poller/api/key_lookup.hpp"
#include "poller/async/coalesced.hpp"
#include "poller/db/pool.hpp"
#include "poller/http/rate_limiter.hpp"
#include "poller/http/server/request.hpp"

namespace poller::api {

enum class Scope { kRead, kRun, kAdmin };

class Access {
public:
    // Pool and limiter outlive it. behind_proxy: every client comes from this machine, which then says nothing.
    Access(db::Pool &database, http::RateLimiter &strangers, bool behind_proxy);

    // http::HttpError 401 without a valid key, 403 where its scopes do not suffice, 429 without a valid key from a
    // client that has tried too often; a valid one is never refused for what others at its address do. Scope admin is
    // every scope. Until the first key is made, programs on this machine read without one.
    [[nodiscard]] awaitable<void> require(const http::Request &request, Scope scope);

private:
    [[nodiscard]] bool comes_from_here(const http::Request &request) const;

    http::RateLimiter &strangers_;
    bool behind_proxy_;
    KeyLookup keys_;
    Coalesced<int, bool> is_unused_;  // whether no key was ever made
};

}  // namespace poller::api
