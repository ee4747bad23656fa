#include "poller/monday/change_feed.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>

#include "poller/errors.hpp"
#include "poller/monday/item_page.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

constexpr std::size_t kEntriesOfAPage = 500;
constexpr std::string_view kByCursorSince = "2027-01";
// An hour less than 90 days: the two clocks may differ.
constexpr std::int64_t kLongestWindowByCursor = 90 * 86'400 - 3'600;

std::string moment_text(std::int64_t seconds) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

awaitable<LogPage> read_log_page(Flow &flow, SyncRun &run, const Document &document, json variables) {
    Response response = co_await flow.client.read(document, std::move(variables));
    run.note(response);
    auto page = log_page(std::move(response.data));
    if (!page) {
        const ApiError *error = response.worst_error();
        throw TransientError("the change feed cannot be read" + (error == nullptr ? "" : ": " + to_string(*error)));
    }
    co_return *std::move(page);
}

}  // namespace

awaitable<void> read_change_feed(Flow &flow, SyncRun &run, std::string board, FeedWindow window, TakeEntries take) {
    const bool is_by_cursor = flow.client.version() >= kByCursorSince;
    if (is_by_cursor) window.from = std::max(window.from, window.now - kLongestWindowByCursor);
    const Document &document = is_by_cursor ? documents::board_activity_by_cursor : documents::board_activity;
    json variables = json::object();
    variables["board"] = std::move(board);
    variables["from"] = moment_text(window.from);
    variables["to"] = moment_text(window.to);
    variables["limit"] = kEntriesOfAPage;
    if (window.from >= window.to) co_return;
    for (int number = 1;; ++number) {
        if (!is_by_cursor) variables["page"] = number;
        const LogPage page = co_await read_log_page(flow, run, document, variables);
        const bool goes_on = co_await take(page.entries);
        const bool is_last = is_by_cursor ? !page.cursor : page.entries.size() < kEntriesOfAPage;
        if (is_last || !goes_on) co_return;
        if (page.cursor) variables["cursor"] = *page.cursor;
        if (flow.client.is_stopped()) throw TransientError("stopped");
    }
}

}  // namespace poller::monday
