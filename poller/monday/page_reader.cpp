#include "poller/monday/page_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

#include "poller/async/wakeup.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"
#include "poller/monday/errors.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

// The first is the most that monday.com gives.
constexpr std::array<int, 4> kPageSizes{500, 250, 100, 25};
// A board that cannot be read within the hour that a cursor lives is not read by trying for ever.
constexpr int kMostRestarts = 3;

int next_smaller(int size) {
    const auto smaller = std::ranges::find_if(kPageSizes, [&](int each) { return each < size; });
    return smaller == kPageSizes.end() ? kPageSizes.back() : *smaller;
}

int next_larger(int size) {
    const auto place = std::ranges::find(kPageSizes, size);
    return place == kPageSizes.begin() || place == kPageSizes.end() ? kPageSizes.front() : *std::prev(place);
}

json with_page_size(json variables, int size) {
    variables["limit"] = size;
    return variables;
}

// The last that may be tried is read with more patience.
awaitable<Response> read_page(Client &client, const Document &document, json variables, int size) {
    json sized = with_page_size(std::move(variables), size);
    if (size > kPageSizes.back()) co_return co_await client.read_page(document, std::move(sized));
    co_return co_await client.read(document, std::move(sized));
}

// A null in place of an item: what it is, or whether it is there, nobody knows.
void note_gaps(SyncRun &run, const Response &response, const ItemPage &page) {
    run.note(response);
    const bool has_nulls = std::ranges::any_of(page.items, [](const json &item) { return item.is_null(); });
    if (has_nulls) run.fail("monday.com gave null instead of an item");
}

awaitable<ItemPage> read_first(Flow &flow, SyncRun &run, const PageRequest &request, int size) {
    json variables = request.variables;
    variables.update(request.first_only);
    Response response = co_await read_page(flow.client, request.first, std::move(variables), size);
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

awaitable<ItemPage> read_next(Flow &flow, SyncRun &run, const PageRequest &request, std::string cursor, int size) {
    json variables = request.variables;
    variables["cursor"] = std::move(cursor);
    variables.erase("board");
    Response response = co_await read_page(flow.client, request.next, std::move(variables), size);
    auto page = next_page(std::move(response.data));
    if (!page) {
        const ApiError *error = response.worst_error();
        throw TransientError("a page of the board is missing" + (error == nullptr ? "" : ": " + to_string(*error)));
    }
    note_gaps(run, response, *page);
    co_return *std::move(page);
}

// The first page, or the one of a cursor, with as many items as monday.com manages: a page that is too large for it is
// asked for again with fewer, and so are those that follow.
awaitable<ItemPage> read_fitting(Flow &flow, SyncRun &run, const PageRequest &request,
                                 std::optional<std::string> cursor, int &size) {
    for (;;) {
        std::string problem;
        try {
            if (cursor) co_return co_await read_next(flow, run, request, *cursor, size);
            co_return co_await read_first(flow, run, request, size);
        } catch (const PageTooLarge &error) {
            problem = error.what();
        }
        const int former = std::exchange(size, next_smaller(size));
        log::warning("page too large", {{"run", run.id()}, {"items", former}, {"next", size}, {"error", problem}});
    }
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
awaitable<void> read_once(Flow &flow, SyncRun &run, const PageRequest &request, const TakePage &take, bool reads_ahead,
                          int &size) {
    PageAhead ahead;
    ItemPage page = co_await read_fitting(flow, run, request, std::nullopt, size);
    PagePlace place{true, false};
    for (;;) {
        const std::optional<std::string> cursor = page.cursor;
        place.is_last = !cursor.has_value();
        if (cursor && reads_ahead) co_await ahead.start(read_fitting(flow, run, request, cursor, size));
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
            page = co_await read_fitting(flow, run, request, cursor, size);
        }
        place.is_first = false;
    }
}

}  // namespace

awaitable<void> read_pages(Flow &flow, SyncRun &run, PageRequest request, TakePage take, bool reads_ahead) {
    // A whole board is a chance to find out whether larger pages work again.
    int size = reads_ahead ? next_larger(request.page_size) : request.page_size;
    for (int restarts = 0;; ++restarts) {
        try {
            co_await read_once(flow, run, request, take, reads_ahead, size);
            if (size == request.page_size) co_return;
            co_await flow.database.query("SELECT remember_monday_page_size($1, $2)",
                                         db::params(id_of(member(request.variables, "board")), size));
            co_return;
        } catch (const CursorExpired &error) {
            if (restarts == kMostRestarts) throw;
            log::warning("cursor expired, reading starts again at page 1",
                         {{"run", run.id()}, {"error", error.what()}});
        }
    }
}

}  // namespace poller::monday
