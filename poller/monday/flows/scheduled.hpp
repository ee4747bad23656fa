// The flows that read whole boards, by the name that their jobs, their commands and sync_log know them by.
#pragma once

#include <span>
#include <string_view>

#include "poller/monday/flows/flows.hpp"

namespace poller::monday::flows {

struct ScheduledFlow {
    std::string_view name;
    int days_back;  // unless told otherwise; a flow that reads everything does not ask
    awaitable<void> (*read)(Flow &flow, std::string_view name, int days_back);
};

inline constexpr int kMostDaysBack = 3650;

[[nodiscard]] std::span<const ScheduledFlow> scheduled_flows();

}  // namespace poller::monday::flows
