// One run of a flow, as sync_log shows it: there from the first call, and completed only if nothing went wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/monday/client.hpp"

namespace poller::monday {

// For a person who waits: how far the flow is.
struct Progress {
    std::string board;       // name
    std::int64_t items = 0;  // read so far
    std::optional<std::int64_t> total;
    std::int64_t calls = 0;
};
using ReportProgress = std::function<void(const Progress &)>;

// What every flow works with.
struct Flow {
    db::Pool &database;
    Client &client;
    std::string trigger;  // who asked for it: schedule, webhook, command line
    ReportProgress report = [](const Progress &) {};
};

class SyncRun {
public:
    SyncRun(Flow &flow, std::int64_t id, std::string board_name)
        : flow_(flow), id_(id), usage_before_(flow.client.usage()), progress_{std::move(board_name), 0, {}, 0} {}

    [[nodiscard]] std::int64_t id() const noexcept { return id_; }

    // The flow goes on, but what it read is not all: the run will end as failed with the first of these.
    void fail(std::string error);
    // The first error that passed by, if any.
    [[nodiscard]] const std::string &error() const noexcept { return error_; }
    // The error of an answer that came with data all the same.
    void note(const Response &response);
    // The first error may be gone when the same is asked for again.
    [[nodiscard]] bool may_pass() const noexcept { return may_pass_; }

    void add_items(std::size_t items, std::optional<std::int64_t> total = std::nullopt);

    [[nodiscard]] awaitable<void> end(std::string error);

private:
    Flow &flow_;
    std::int64_t id_;
    Usage usage_before_;
    Progress progress_;
    std::string error_;
    bool may_pass_ = false;
};

struct RunTarget {
    std::string sync_type;
    std::string board_id;  // empty for a run that concerns several boards
    std::string board_name;
};

// Does the work as a run. An error that leaves the work ends the run as failed and is thrown on; one that was noted
// within it is thrown once the run is ended: as TransientError where it may pass and the run is no board's, else as
// ReadInPart.
[[nodiscard]] awaitable<void> in_run(Flow &flow, RunTarget target, std::function<awaitable<void>(SyncRun &)> work);

}  // namespace poller::monday
