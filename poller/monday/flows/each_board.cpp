#include "poller/monday/flows/each_board.hpp"

#include <exception>

#include "poller/errors.hpp"
#include "poller/log/log.hpp"
#include "poller/monday/errors.hpp"
#include "poller/monday/flows/board_check.hpp"

namespace poller::monday::flows {

awaitable<void> for_each_board(Flow &flow, std::string sync_type, const std::vector<Board> &boards, BoardWork work) {
    std::exception_ptr first;
    for (const Board &board : boards) {
        try {
            RunTarget target{sync_type, board.id, board.name};
            const auto in_board = [&](SyncRun &run) { return work(run, board); };
            co_await in_run(flow, std::move(target), in_board);
        } catch (const FieldBusy &error) {
            if (!first) first = std::current_exception();
            log::warning("board has to wait", {{"board", board.id}, {"name", board.name}, {"error", error.what()}});
        } catch (const WaitError &) {
            throw;
        } catch (const ConnectionLost &) {
            throw;
        } catch (const Error &error) {
            if (!first) first = std::current_exception();
            log::error("board was not read", {{"board", board.id}, {"name", board.name}, {"error", error.what()}});
        }
    }
    if (first) std::rethrow_exception(first);
}

awaitable<void> for_each_checked_board(Flow &flow, std::string sync_type, const std::vector<Board> &boards,
                                       BoardWork work) {
    auto problems = co_await check_boards(flow.database, flow.client, boards);
    const auto work_then_tell = [&](SyncRun &run, const Board &board) -> awaitable<void> {
        co_await work(run, board);
        run.fail(problems[board.id]);
    };
    co_await for_each_board(flow, std::move(sync_type), boards, work_then_tell);
}

}  // namespace poller::monday::flows
