// What the flows have in common: items by their ids, and items into the database.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "poller/asio.hpp"
#include "poller/db/connection.hpp"
#include "poller/monday/board.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday::flows {

inline constexpr std::size_t kMostIds = 100;  // of one call

struct ItemsRead {
    nlohmann::json items = nlohmann::json::array();
    std::vector<std::string> missing;   // asked for and not given; empty where an error leaves that open
    std::vector<std::string> readable;  // the boards that every answer showed: what is missing of them is gone
};

// What to ask of each item, and the boards to look at in the same answer.
struct ItemsRequest {
    const Document &document;  // project_items or items_by_id
    std::vector<std::string> columns;
    std::vector<std::string> board_ids;
};

// 100 ids a call. An answer with errors and data is noted in the run and used.
[[nodiscard]] awaitable<ItemsRead> read_items(Flow &flow, SyncRun &run, ItemsRequest request,
                                              const std::vector<std::string> &ids);

// Notes in the run which stored items are missing from boards that the token may not read: nobody knows whether they
// are gone, and they are kept.
[[nodiscard]] awaitable<void> note_lost_access(Flow &flow, SyncRun &run, const std::vector<std::string> &missing,
                                               const std::vector<std::string> &readable);

// The work in one transaction, on one connection.
[[nodiscard]] awaitable<void> in_transaction(db::Pool &database, std::function<awaitable<void>(db::Connection &)> work);

[[nodiscard]] awaitable<void> ingest(db::Connection &database, const SyncRun &run, std::string_view board_id,
                                     const nlohmann::json &items);
[[nodiscard]] awaitable<void> soft_delete(db::Connection &database, const SyncRun &run, std::string_view board_id,
                                          const std::vector<std::string> &ids);

// Reads items that a board may have and takes them in: those that came on the board where they are now, those that are
// gone as deleted from the given one. Items of boards that are not configured are left alone.
[[nodiscard]] awaitable<void> reread(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board,
                                     const std::vector<std::string> &ids);

// Projects with their subitems and the hidden items behind those, in sets of 100, each in one transaction.
[[nodiscard]] awaitable<void> read_project_sets(Flow &flow, SyncRun &run, const std::vector<Board> &boards,
                                                const std::vector<std::string> &project_ids);

}  // namespace poller::monday::flows
