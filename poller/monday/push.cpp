#include "poller/monday/push.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "poller/crypto/encoding.hpp"
#include "poller/monday/board_turn.hpp"
#include "poller/monday/mutations.hpp"
#include "poller/monday/push_plan.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

// A comment may turn out to be gone, and another one to be there.
constexpr int kMostRounds = 3;

// One project on its way.
struct Entry {
    PushOrder order;
    PushPlan plan;
    std::optional<PushedItem> found;
    bool wants_columns = false;
    bool wants_comment = false;
    bool wants_look = false;
    std::string done;
    std::exception_ptr failure;

    [[nodiscard]] bool wants_edit() const { return !failure && wants_comment && !plan.update_id.empty(); }
    [[nodiscard]] bool wants_new_comment() const { return !failure && wants_comment && plan.update_id.empty(); }
    [[nodiscard]] bool is_open() const { return !failure && (wants_columns || wants_comment); }
    void note(std::string_view what) { done += (done.empty() ? "" : "; ") + std::string{what}; }
};

using Entries = std::vector<Entry *>;

awaitable<void> plan_entries(db::Pool &database, Entries entries) {
    std::vector<std::string> ids;
    for (const Entry *entry : entries) ids.push_back(entry->order.project_id);
    const db::Result rows =
        co_await database.query("SELECT project_id, plan, refusal FROM monday_push_plans($1)", db::params(ids));
    for (int i = 0; i < static_cast<int>(entries.size()); ++i) {
        Entry &entry = *entries[static_cast<std::size_t>(i)];
        if (!rows[i][2].is_null()) {
            entry.failure = std::make_exception_ptr(NothingToPush(std::string{rows[i][2].text()}));
            continue;
        }
        entry.plan = PushPlan::from_json(parse_json(rows[i][1].text()).value_or(json::object()));
        if (!entry.order.with_comment) entry.plan.comment_html.reset();
        entry.wants_columns = entry.plan.writes_columns();
        entry.wants_comment = entry.plan.writes_comment();
        // Before a comment is made, too: the database may have been restored, and know less than the item shows.
        entry.wants_look =
            entry.is_open() && (entry.order.is_repeat || entry.plan.in_doubt || entry.wants_new_comment());
    }
}

// Writes to one board, while nobody else does.
class BoardPush {
public:
    BoardPush(db::Pool &database, Client &client, BoardTurn &turn, Entries entries)
        : database_(database), client_(client), turn_(turn), entries_(std::move(entries)) {}

    awaitable<void> run() {
        // Others may have written while this one waited for its turn.
        co_await plan_entries(database_, entries_);
        for (int round = 0; round < kMostRounds; ++round) {
            co_await look();
            co_await write_new();
            co_await edit();
            if (std::ranges::none_of(entries_, &Entry::is_open)) break;
        }
        for (Entry *entry : entries_) {
            if (!entry->is_open()) continue;
            const TransientError unsettled("the comment of the item changes while it is written");
            co_await fail(*entry, std::make_exception_ptr(unsettled));
        }
    }

private:
    // One part of a request: what it is for, and under which alias.
    struct Part {
        Entry *entry;
        std::string columns;  // alias; empty where it is not written
        std::string comment;
    };
    using Parts = std::vector<Part>;

    template <typename Wanted>
    [[nodiscard]] Entries those(Wanted wanted) const {
        Entries found;
        std::ranges::copy_if(entries_, std::back_inserter(found), [&](const Entry *entry) { return wanted(*entry); });
        return found;
    }

    awaitable<void> look() {
        const Entries wanted = those([](const Entry &entry) { return entry.is_open() && entry.wants_look; });
        for (std::size_t begin = 0; begin < wanted.size(); begin += kItemsOfALook) {
            const auto first = wanted.begin() + static_cast<std::ptrdiff_t>(begin);
            const std::size_t size = std::min(kItemsOfALook, wanted.size() - begin);
            co_await look_at(Entries(first, std::next(first, static_cast<std::ptrdiff_t>(size))));
        }
    }

    awaitable<void> look_at(Entries wanted) {
        std::set<std::string> columns;
        json items = json::array();
        for (const Entry *entry : wanted) {
            items.push_back(entry->plan.item_id);
            if (!entry->plan.writes_columns()) continue;
            for (const auto &column : entry->plan.columns.items()) columns.insert(column.key());
        }
        json variables = json::object();
        variables["limit"] = items.size();
        variables["items"] = std::move(items);
        variables["columns"] = columns;
        variables["updates"] = kCommentsRead;
        std::exception_ptr failure;
        json data;
        try {
            data = co_await client_.read_whole(documents::pushed_items, std::move(variables));
        } catch (const Error &) {
            failure = std::current_exception();
        }
        for (Entry *entry : wanted) {
            if (!failure) entry->failure = take_look(*entry, data);
            const std::exception_ptr reason = failure ? failure : std::exchange(entry->failure, nullptr);
            if (reason) co_await fail(*entry, reason);
        }
    }

    // What keeps the item from being written, if anything.
    static std::exception_ptr take_look(Entry &entry, const json &data) {
        entry.wants_look = false;
        PushPlan &plan = entry.plan;
        entry.found = read_pushed_item(data, plan);
        const PushedItem &found = *entry.found;
        if (found.state != "active") {
            return std::make_exception_ptr(
                PermanentError(fmt::format("item {} of board {} is {}", plan.item_id, plan.board_id,
                                           found.state.empty() ? "gone, or the token may not see it" : found.state)));
        }
        if (plan.update_id.empty() || found.known_comment_is_gone) plan.update_id = found.own_comment;
        if (entry.wants_new_comment() && plan.hidden.count() > 0) {
            return std::make_exception_ptr(
                WaitError(plan.hidden, "a comment may have been made a moment ago, and would not show yet"));
        }
        return nullptr;
    }

    // Columns and new comments; both of one item are in one request.
    awaitable<void> write_new() {
        Parts parts;
        std::size_t mutations = 0;
        const Entries wanted = those([](const Entry &one) { return one.is_open() && !one.wants_look; });
        for (Entry *entry : wanted) {
            if (entry->wants_columns && entry->found && entry->found->holds_columns) {
                co_await record(*entry, true, {}, "columns were there");
            }
            const std::size_t size = (entry->wants_columns ? 1U : 0U) + (entry->wants_new_comment() ? 1U : 0U);
            if (size == 0) continue;
            if (mutations + size > kMutationsOfAWrite) {
                co_await send_new(std::exchange(parts, {}));
                mutations = 0;
            }
            const std::string number = std::to_string(parts.size());
            parts.push_back(
                {entry, entry->wants_columns ? "c" + number : "", entry->wants_new_comment() ? "u" + number : ""});
            mutations += size;
        }
        if (!parts.empty()) co_await send_new(std::move(parts));
    }

    awaitable<void> send_new(Parts parts) {
        Mutations request;
        std::string keys;
        std::vector<std::string> with_comment;
        for (const Part &part : parts) {
            const PushPlan &plan = part.entry->plan;
            if (!part.columns.empty()) {
                request.change_columns(part.columns, plan.board_id, plan.item_id, plan.columns);
                keys += plan.columns_key + ' ';
            }
            if (!part.comment.empty()) {
                request.create_comment(part.comment, plan.item_id, *plan.comment_html);
                keys += plan.comment_key + "-create ";
                with_comment.push_back(part.entry->order.project_id);
            }
        }
        // Known before it is sent, so that whoever comes after a crash looks first, and believes it only in time.
        if (!with_comment.empty()) {
            co_await turn_.note("SELECT begin_monday_writes($1)", db::params(with_comment));
        }
        std::exception_ptr failure;
        bool is_refused = false;
        bool is_untried = false;
        Response response;
        try {
            response = co_await client_.write_all(request.document(), request.variables(), key_of(keys), turn_);
        } catch (const Refused &) {
            failure = std::current_exception();
            is_refused = true;
        } catch (const WaitError &) {
            failure = std::current_exception();
            is_untried = true;
        } catch (const Error &) {
            failure = std::current_exception();
        }
        if (is_untried && !with_comment.empty()) {
            co_await turn_.note("SELECT cancel_monday_writes($1)", db::params(with_comment));
        }
        if (is_refused && parts.size() > 1) {
            // One that is refused must not hold up the others.
            for (const Part &part : parts) {
                Parts alone;
                alone.push_back(part);
                co_await send_new(std::move(alone));
            }
            co_return;
        }
        for (const Part &part : parts) {
            if (failure) {
                co_await fail(*part.entry, failure);
            } else {
                co_await settle_new(part, response);
            }
        }
    }

    awaitable<void> settle_new(const Part &part, const Response &response) {
        Entry &entry = *part.entry;
        const bool has_columns = !part.columns.empty() && member(response.data, part.columns).is_object();
        std::string update_id;
        if (!part.comment.empty()) update_id = id_of(member(member(response.data, part.comment), "id"));
        if (has_columns || !update_id.empty()) {
            const std::string_view what = !has_columns        ? "comment made"
                                          : update_id.empty() ? "columns"
                                                              : "columns; comment made";
            co_await record(entry, has_columns, update_id, what);
        }
        const bool lacks_columns = !part.columns.empty() && !has_columns;
        const bool lacks_comment = !part.comment.empty() && update_id.empty();
        if (lacks_columns || lacks_comment) {
            const std::exception_ptr failure = failure_of(response, lacks_columns ? part.columns : part.comment);
            co_await fail(entry, failure);
        }
    }

    static std::exception_ptr failure_of(const Response &response, std::string_view alias) {
        const ApiError *error = error_of(response, alias);
        if (error == nullptr) {
            return std::make_exception_ptr(WriteInDoubt("monday.com does not say what became of a write"));
        }
        const std::string message = "monday.com: " + to_string(*error);
        if (is_worth_repeating(error->kind)) return std::make_exception_ptr(TransientError(message));
        return std::make_exception_ptr(Refused(error->kind, message));
    }

    awaitable<void> edit() {
        Entries wanted = those([](const Entry &entry) { return entry.wants_edit() && !entry.wants_look; });
        for (std::size_t begin = 0; begin < wanted.size(); begin += kMutationsOfAWrite) {
            const auto first = wanted.begin() + static_cast<std::ptrdiff_t>(begin);
            const std::size_t size = std::min(kMutationsOfAWrite, wanted.size() - begin);
            Entries some(first, std::next(first, static_cast<std::ptrdiff_t>(size)));
            while (!some.empty()) some = co_await edit_some(std::move(some));
        }
    }

    // Returns those that have to be tried again: one that is refused takes the answers of the others along.
    awaitable<Entries> edit_some(Entries some) {
        Mutations request;
        std::string keys;
        for (std::size_t i = 0; i < some.size(); ++i) {
            const PushPlan &plan = some[i]->plan;
            request.edit_comment("e" + std::to_string(i), plan.update_id, *plan.comment_html);
            keys += plan.comment_key + "-edit-" + plan.update_id + ' ';
        }
        std::exception_ptr failure;
        Response response;
        bool is_refused = false;
        try {
            response = co_await client_.write_all(request.document(), request.variables(), key_of(keys), turn_);
        } catch (const Refused &) {
            failure = std::current_exception();
            is_refused = some.size() == 1;
        } catch (const Error &) {
            failure = std::current_exception();
        }
        Entries again;
        bool has_news = false;
        for (std::size_t i = 0; i < some.size(); ++i) {
            Entry &entry = *some[i];
            const std::string alias = "e" + std::to_string(i);
            const ApiError *error = error_of(response, alias);
            if (failure) {
                if (is_refused && lost_comment(entry, failure)) continue;
                co_await fail(entry, failure);
            } else if (member(response.data, alias).is_object()) {
                co_await record(entry, false, entry.plan.update_id, "comment edited");
                has_news = true;
            } else if (error != nullptr || response.data.contains(alias)) {
                has_news = true;
                const std::exception_ptr reason =
                    error != nullptr
                        ? failure_of(response, alias)
                        : std::make_exception_ptr(Refused(ErrorKind::kNotFound, "the comment is not there"));
                if (!lost_comment(entry, reason)) co_await fail(entry, reason);
            } else {
                again.push_back(&entry);
            }
        }
        if (has_news) co_return again;
        for (Entry *entry : again) co_await fail(*entry, failure_of(response, ""));
        co_return Entries{};
    }

    // A comment that is gone, or that another user made, is not ours to edit: a new one is made after a look.
    static bool lost_comment(Entry &entry, const std::exception_ptr &failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const Refused &error) {
            if (error.kind() != ErrorKind::kNotFound && error.kind() != ErrorKind::kForbidden) return false;
        } catch (...) {
            return false;
        }
        // That it was found by a look, and still cannot be edited, is the end of it.
        if (entry.found && entry.plan.update_id == entry.found->own_comment) return false;
        entry.plan.update_id.clear();
        entry.wants_look = true;
        return true;
    }

    awaitable<void> record(Entry &entry, bool has_columns, std::string update_id, std::string_view what) {
        std::optional<std::string> columns_hash;
        std::optional<std::string> comment_hash;
        std::optional<std::string> update;
        std::optional<std::string> writer;
        if (has_columns) columns_hash = entry.plan.columns_hash;
        if (!update_id.empty()) {
            comment_hash = entry.plan.comment_hash;
            update = std::move(update_id);
            if (entry.found && !entry.found->reader.empty()) writer = entry.found->reader;
        }
        co_await turn_.note(
            "SELECT record_monday_push($1, columns_hash => $2, comment_hash => $3, update_id => $4, written_by => $5)",
            db::params(entry.order.project_id, columns_hash, comment_hash, update, writer));
        if (columns_hash) entry.wants_columns = false;
        if (comment_hash) entry.wants_comment = false;
        entry.note(what);
    }

    awaitable<void> fail(Entry &entry, std::exception_ptr failure) {
        entry.failure = failure;
        bool is_refused = false;
        std::string message;
        try {
            std::rethrow_exception(failure);
        } catch (const WaitError &) {
            co_return;  // a limit says nothing about this push
        } catch (const ConnectionLost &) {
            co_return;  // nor does a database that is away
        } catch (const Refused &error) {
            is_refused = true;  // nothing was written, for certain
            message = error.what();
        } catch (const std::exception &error) {
            message = error.what();
        }
        co_await turn_.note("SELECT record_monday_push_failure($1, $2, $3)",
                            db::params(entry.order.project_id, message, is_refused));
    }

    static std::string key_of(std::string_view keys) { return to_hex(sha256(keys)).substr(0, 40); }

    db::Pool &database_;
    Client &client_;
    BoardTurn &turn_;
    Entries entries_;
};

}  // namespace

awaitable<std::vector<PushResult>> push_projects(db::Pool &database, Client &client, std::vector<PushOrder> orders,
                                                 PushMode mode, std::chrono::milliseconds term) {
    std::vector<Entry> entries(orders.size());
    Entries all;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        entries[i].order = std::move(orders[i]);
        all.push_back(&entries[i]);
    }
    co_await plan_entries(database, all);
    std::map<std::string, Entries> by_board;
    for (Entry &entry : entries) {
        if (entry.failure) continue;
        if (!entry.is_open()) {
            entry.note("nothing differs");
        } else if (mode == PushMode::kDryRun) {
            entry.note("dry run: would write " + entry.plan.summary());
        } else {
            by_board[entry.plan.board_id].push_back(&entry);
        }
    }
    const BoardTurn::Terms terms{term, client.patience(), client.stop()};
    for (const auto &board : by_board) {
        const Entries &of_board = board.second;
        const auto write = [&](BoardTurn &turn) -> awaitable<void> {
            BoardPush push(database, client, turn, of_board);
            co_await push.run();
        };
        std::exception_ptr failure;
        try {
            co_await with_board_turn(database, board.first, terms, write);
        } catch (const Error &) {
            failure = std::current_exception();
        }
        for (Entry *entry : of_board) {
            if (failure && entry->is_open()) entry->failure = failure;
            if (!entry->failure && entry->done.empty()) entry->note("nothing");
        }
    }
    std::vector<PushResult> results;
    results.reserve(entries.size());
    for (Entry &entry : entries) results.push_back({entry.order.project_id, entry.done, entry.failure});
    co_return results;
}

}  // namespace poller::monday
