// What a type of job does. One class per type, in handlers/; one object of it serves all runs in this process.
#pragma once

#include <memory>
#include <stop_token>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/config/settings.hpp"
#include "poller/db/pool.hpp"
#include "poller/http/client/client.hpp"
#include "poller/jobs/job.hpp"

namespace poller::jobs {

// What handlers work with. All of it outlives them.
struct Services {
    db::Pool &database;  // for statements that may take long; no transaction stays open during a call elsewhere
    http::Client &http;
    const Settings &settings;  // in force now: read at each run, since SIGHUP may change them
};

class Handler {
public:
    virtual ~Handler() = default;

    // Does the work and says how it ended. Stop is requested when the lease could not be kept or the process has to
    // end: the run gives up as soon as it can, and what it says then does not count. A TransientError means retry, a
    // PermanentError fail, any other exception retry. Runs of several jobs overlap: state belongs into the run.
    [[nodiscard]] virtual awaitable<Outcome> run(const Job &job, std::stop_token stop) = 0;
};

// One statement on a connection of the pool, broken off when stop is requested.
[[nodiscard]] awaitable<db::Result> run_statement(db::Pool &database, std::string_view statement, db::Params parameters,
                                                  std::stop_token stop);

}  // namespace poller::jobs
