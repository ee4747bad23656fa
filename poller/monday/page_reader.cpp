#include "poller/monday/page_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "poller/async/wakeup.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

constexpr int kPageSize = 500;  // the most that monday.com gives
// A board that cannot be read within the hour that a cursor lives is not read by trying for ever.
constexpr int kMostRestarts = 3;

json with_page_size(json variables) {
    variables["limit"] = kPageSize;
    return variables;
}

// A null in place of an item: what it is, or whether it is there, nobody knows.
void note_gaps(SyncRun &run, const Response &response, const ItemPage &page) {
    run.note(response);
    const bool has_nulls = std::ranges::any_of(page.items, [](const json &item) { return item.is_null(); });
    if (has_nulls) run.fail("monday.com gave null instead of an item");
}

awaitable<ItemPage> read_first(Flow &flow, SyncRun &run, const PageRequest &request) {
    json variables = with_page_size(request.variables);
    variables.update(request.first_only);
    Response response = co_await flow.client.read(request.first, std::move(variables));
    auto page = first_page(std::move(response.data));
    if (!page) {
        const ApiError *error = response.worst_error();
        if (error != nullptr && is_worth_repeating(error->kind)) throw TransientError(to_string(*error));
        throw Refused(ErrorKind::kNotFound,
                      fmt::format("board {} does not exist, is archived, or the token may not read it{}{}",
                                  id_of(member(request.variables, "board")), error == nullptr ? "" : ": ",
                                  error == nullptr ? "" : to_string(*error)));
    }
    note_gaps(run, response, *page);
    co_return *std::move(page);
}

awaitable<ItemPage> read_next(Flow &flow, SyncRun &run, const PageRequest &request, std::string cursor) {
    json variables = with_page_size(request.variables);
    variables["cursor"] = std::move(cursor);
    variables.erase("board");
    Response response = co_await flow.client.read(request.next, std::move(variables));
    auto page = next_page(std::move(response.data));
    if (!page) {
        const ApiError *error = response.worst_error();
        throw TransientError("a page of the board is missing" + (error == nullptr ? "" : ": " + to_string(*error)));
    }
    note_gaps(run, response, *page);
    co_return *std::move(page);
}

// A page that is read in the background. Whoever starts one waits for it, whatever happens meanwhile.
class PageAhead {
public:
    awaitable<void> start(awaitable<ItemPage> reading) {
        const auto executor = co_await asio::this_coro::executor;
        is_done_ = false;
        spawn(executor, run(std::move(reading)));
    }

    awaitable<void> wait() {
        while (!is_done_) co_await done_.wait();
    }

    // After wait(). Throws what reading threw.
    [[nodiscard]] ItemPage take() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
        return *std::exchange(page_, std::nullopt);
    }

private:
    awaitable<void> run(awaitable<ItemPage> reading) {
        try {
            page_ = co_await std::move(reading);
        } catch (...) {
            failure_ = std::current_exception();
        }
        is_done_ = true;
        done_.wake_all();
    }

    Wakeup done_;
    bool is_done_ = true;
    std::optional<ItemPage> page_;
    std::exception_ptr failure_;
};

// From page 1 to the end, or until no more is wanted.
awaitable<void> read_once(Flow &flow, SyncRun &run, const PageRequest &request, const TakePage &take,
                          bool reads_ahead) {
    PageAhead ahead;
    ItemPage page = co_await read_first(flow, run, request);
    PagePlace place{true, false};
    for (;;) {
        const std::optional<std::string> cursor = page.cursor;
        place.is_last = !cursor.has_value();
        if (cursor && reads_ahead) co_await ahead.start(read_next(flow, run, request, *cursor));
        bool goes_on = false;
        std::exception_ptr failure;
        try {
            goes_on = co_await take(page, place);
        } catch (...) {
            failure = std::current_exception();
        }
        co_await ahead.wait();
        if (failure) std::rethrow_exception(failure);
        if (!cursor || !goes_on) co_return;
        if (flow.client.is_stopped()) throw TransientError("stopped");
        if (reads_ahead) {
            page = ahead.take();
        } else {
            page = co_await read_next(flow, run, request, *cursor);
        }
        place.is_first = false;
    }
}

}  // namespace

awaitable<void> read_pages(Flow &flow, SyncRun &run, PageRequest request, TakePage take, bool reads_ahead) {
    for (int restarts = 0;; ++restarts) {
        try {
            co_await read_once(flow, run, request, take, reads_ahead);
            co_return;
        } catch (const CursorExpired &error) {
            if (restarts == kMostRestarts) throw;
            log::warning("cursor expired, reading starts again at page 1",
                         {{"run", run.id()}, {"error", error.what()}});
        }
    }
}

}  // namespace poller::monday
