#include "poller/monday/push.hpp"

#include <fmt/format.h>

#include <exception>
#include <optional>

#include "poller/errors.hpp"
#include "poller/monday/board_lock.hpp"
#include "poller/monday/push_plan.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

awaitable<PushPlan> plan_of(db::Pool &database, const std::string &project_id, const PushOptions &options) {
    const db::Result row = co_await database.query("SELECT monday_push_plan($1)", db::params(project_id));
    PushPlan plan = PushPlan::from_json(parse_json(row[0][0].text()).value_or(json::object()));
    if (!options.with_comment) plan.comment_html.reset();
    co_return plan;
}

// One push, while nobody else writes to the board.
class Push {
public:
    Push(db::Pool &database, Client &client, PushPlan plan)
        : database_(database), client_(client), plan_(std::move(plan)) {}

    awaitable<std::string> run(bool is_repeat) {
        // Before a comment is made, too: the database may have been restored, and know less than the item shows.
        const bool makes_comment = plan_.writes_comment() && plan_.update_id.empty();
        if (is_repeat || plan_.in_doubt || makes_comment) co_await look();
        if (plan_.writes_columns()) co_await write_columns();
        if (plan_.writes_comment()) co_await write_comment();
        co_return done_.empty() ? "nothing" : done_;
    }

private:
    awaitable<void> look() {
        json variables = json::object();
        variables["item"] = plan_.item_id;
        variables["columns"] = json::array();
        if (plan_.writes_columns()) {
            for (const auto &column : plan_.columns.items()) variables["columns"].push_back(column.key());
        }
        variables["updates"] = kCommentsRead;
        const json data = co_await client_.read_whole(documents::pushed_item, std::move(variables));
        found_ = read_pushed_item(data, plan_);
        if (found_->state != "active") {
            throw PermanentError(fmt::format("item {} of board {} is {}", plan_.item_id, plan_.board_id,
                                             found_->state.empty() ? "gone" : found_->state));
        }
        if (plan_.update_id.empty() || found_->known_comment_is_gone) plan_.update_id = found_->own_comment;
    }

    awaitable<void> write_columns() {
        if (found_ && found_->holds_columns) {
            done("columns were there");
        } else {
            json variables = json::object();
            variables["board"] = plan_.board_id;
            variables["item"] = plan_.item_id;
            // JSON within JSON.
            variables["values"] = to_text(plan_.columns);
            co_await client_.write(documents::change_columns, std::move(variables), plan_.columns_key);
            done("columns");
        }
        co_await database_.query("SELECT record_monday_push($1, columns_hash => $2)",
                                 db::params(plan_.item_id, plan_.columns_hash));
    }

    awaitable<void> write_comment() {
        std::string update_id;
        if (!plan_.update_id.empty()) update_id = co_await edit_comment();
        if (update_id.empty()) update_id = co_await make_comment();
        co_await database_.query("SELECT record_monday_push($1, comment_hash => $2, update_id => $3)",
                                 db::params(plan_.item_id, plan_.comment_hash, update_id));
    }

    // Empty where the comment is gone.
    awaitable<std::string> edit_comment() {
        json variables = json::object();
        variables["update"] = plan_.update_id;
        variables["body"] = *plan_.comment_html;
        bool is_gone = false;
        try {
            const json data = co_await client_.write(documents::edit_comment, std::move(variables),
                                                     plan_.comment_key + "-edit-" + plan_.update_id);
            is_gone = !member(data, "edit_update").is_object();
        } catch (const Refused &error) {
            if (error.kind() != ErrorKind::kNotFound) throw;
            is_gone = true;
        }
        if (is_gone) co_return std::string{};
        done("comment edited");
        co_return plan_.update_id;
    }

    awaitable<std::string> make_comment() {
        if (!found_) {
            const std::string lost = std::exchange(plan_.update_id, "");
            co_await look();
            if (!plan_.update_id.empty() && plan_.update_id != lost) {
                const std::string update_id = co_await edit_comment();
                if (!update_id.empty()) co_return update_id;
            }
        }
        json variables = json::object();
        variables["item"] = plan_.item_id;
        variables["body"] = *plan_.comment_html;
        const json data =
            co_await client_.write(documents::create_comment, std::move(variables), plan_.comment_key + "-create");
        std::string update_id = id_of(member(member(data, "create_update"), "id"));
        if (update_id.empty()) throw WriteInDoubt("monday.com gave no id for a new comment");
        done("comment made");
        co_return update_id;
    }

    void done(std::string_view what) { done_ += (done_.empty() ? "" : "; ") + std::string{what}; }

    db::Pool &database_;
    Client &client_;
    PushPlan plan_;
    std::optional<PushedItem> found_;
    std::string done_;
};

// Whether a failure says anything about this push: a limit, or a database that is away, does not.
bool is_worth_noting(const std::exception_ptr &failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const WaitError &) {
        return false;
    } catch (const ConnectionLost &) {
        return false;
    } catch (...) {
        return true;
    }
}

// Nothing was written, for certain.
bool is_refusal(const std::exception_ptr &failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Refused &) {
        return true;
    } catch (...) {
        return false;
    }
}

std::string reason_of(const std::exception_ptr &failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception &error) {
        return error.what();
    }
}

}  // namespace

awaitable<std::string> push_project(db::Pool &database, Client &client, std::string project_id, PushOptions options) {
    const PushPlan before = co_await plan_of(database, project_id, options);
    if (!before.writes_columns() && !before.writes_comment()) co_return "nothing differs";
    if (options.dry_run) co_return "dry run: would write " + before.summary();

    std::string done;
    const auto write = [&]() -> awaitable<void> {
        // Others may have written while this one waited for its turn.
        PushPlan plan = co_await plan_of(database, project_id, options);
        Push push(database, client, std::move(plan));
        done = co_await push.run(options.is_repeat);
    };
    std::exception_ptr failure;
    try {
        co_await with_board_locked(database, before.board_id, write);
    } catch (const Error &) {
        failure = std::current_exception();
    }
    if (!failure) co_return done;
    if (is_worth_noting(failure)) {
        const std::string message = reason_of(failure);
        co_await database.query("SELECT record_monday_push_failure($1, $2, $3)",
                                db::params(project_id, message, is_refusal(failure)));
    }
    std::rethrow_exception(failure);
}

}  // namespace poller::monday
