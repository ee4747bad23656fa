#include "poller/monday/flows/scheduled.hpp"

#include <array>

namespace poller::monday::flows {
namespace {

awaitable<void> delta(Flow &flow, std::string_view name, int days_back) {
    co_await read_changes(flow, std::string(name), days_back);
}

// A list of what changed does not hold what left the boards.
awaitable<void> recent(Flow &flow, std::string_view name, int days_back) {
    co_await read_changes(flow, std::string(name), days_back);
    co_await read_departures(flow, std::string(name), days_back);
}

awaitable<void> full(Flow &flow, std::string_view, int) { co_await read_everything(flow); }

awaitable<void> compare(Flow &flow, std::string_view, int) { co_await reconcile(flow); }

constexpr std::array kFlows{
    ScheduledFlow{"rehydrate_delta", 3, delta},
    ScheduledFlow{"rehydrate_recent", 14, recent},
    ScheduledFlow{"rehydrate_full", 0, full},
    ScheduledFlow{"reconcile", 0, compare},
};

}  // namespace

std::span<const ScheduledFlow> scheduled_flows() { return kFlows; }

}  // namespace poller::monday::flows
