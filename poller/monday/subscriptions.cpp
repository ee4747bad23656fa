#include "poller/monday/subscriptions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "poller/errors.hpp"
#include "poller/http/percent.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestUrl = 255;  // that monday.com takes

const std::vector<std::string> kItemEvents{"create_item",  "change_column_value", "change_name",
                                           "item_deleted", "item_archived",       "item_restored"};
const std::vector<std::string> kParentEvents = [] {
    std::vector<std::string> events = kItemEvents;
    events.insert(events.end(), {"create_subitem", "change_subitem_column_value", "change_subitem_name",
                                 "subitem_deleted", "subitem_archived", "move_subitem", "delete_update"});
    return events;
}();
const std::vector<std::string> kNoEvents;

// Ours of one board, from the database.
awaitable<std::vector<Subscription>> known_of(db::Pool &database, std::string_view board_id, std::string_view url) {
    const db::Result rows = co_await database.query(
        "SELECT event, webhook_id, url_hash = sha256(convert_to($2, 'UTF8')) FROM monday_webhook "
        "WHERE board_id = $1 ORDER BY event",
        db::params(board_id, url));
    std::vector<Subscription> known;
    for (const db::Row row : rows) {
        known.push_back({std::string{board_id}, std::string{row[0].text()}, std::string{row[1].text()},
                         row[2].boolean() ? "unchanged" : "elsewhere", ""});
    }
    co_return known;
}

enum class Of { kAnybody, kApp };

awaitable<std::set<std::string>> ids_at_monday(Client &client, const std::string &board_id, Of of = Of::kAnybody) {
    json variables = json::object();
    variables["board"] = board_id;
    variables["only_of_app"] = of == Of::kApp;
    const json data = co_await client.read_whole(documents::board_webhooks, std::move(variables));
    std::set<std::string> ids;
    const json &webhooks = member(data, "webhooks");
    for (const json &webhook : webhooks.is_array() ? webhooks : json::array()) ids.insert(id_of(member(webhook, "id")));
    co_return ids;
}

awaitable<void> forget(db::Pool &database, const std::string &webhook_id) {
    co_await database.query("DELETE FROM monday_webhook WHERE webhook_id = $1", db::params(webhook_id));
}

// One that is gone already is deleted, too.
awaitable<void> take_away(db::Pool &database, Client &client, const std::string &webhook_id) {
    json variables = json::object();
    variables["id"] = webhook_id;
    try {
        co_await client.write(documents::delete_webhook, std::move(variables), "delete-webhook-" + webhook_id);
    } catch (const Refused &error) {
        if (error.kind() != ErrorKind::kNotFound) throw;
    }
    co_await forget(database, webhook_id);
}

awaitable<Subscription> make(db::Pool &database, Client &client, const Board &board, const std::string &event,
                             const std::string &url) {
    json variables = json::object();
    variables["board"] = board.id;
    variables["url"] = url;
    variables["event"] = event;
    Subscription made{board.id, event, "", "created", ""};
    // A key of its own each time: a webhook that was taken away has to be made anew.
    const db::Result key = co_await database.query("SELECT gen_random_uuid()");
    try {
        const json data =
            co_await client.write(documents::create_webhook, std::move(variables), std::string{key[0][0].text()});
        made.webhook_id = id_of(member(member(data, "create_webhook"), "id"));
        if (made.webhook_id.empty()) made.problem = "monday.com gave no id";
    } catch (const Refused &error) {
        made.problem = error.what();
    }
    if (!made.problem.empty()) {
        made.state = "refused";
        co_return made;
    }
    co_await database.query(
        "INSERT INTO monday_webhook (webhook_id, board_id, event, url_hash) "
        "VALUES ($1, $2, $3, sha256(convert_to($4, 'UTF8')))",
        db::params(made.webhook_id, board.id, event, url));
    co_return made;
}

awaitable<void> register_board(db::Pool &database, Client &client, const Board &board, const std::string &url,
                               std::vector<Subscription> &result) {
    const std::set<std::string> there = co_await ids_at_monday(client, board.id);
    std::set<std::string> covered;
    std::vector<Subscription> before = co_await known_of(database, board.id, url);
    for (Subscription &known : before) {
        const auto &wanted = events_of(board.role);
        const bool is_wanted = std::ranges::find(wanted, known.event) != wanted.end();
        if (!there.contains(known.webhook_id)) {
            co_await forget(database, known.webhook_id);
        } else if (!is_wanted || known.state != "unchanged") {
            co_await take_away(database, client, known.webhook_id);
        } else {
            covered.insert(known.event);
            result.push_back(std::move(known));
        }
    }
    for (const std::string &event : events_of(board.role)) {
        if (covered.contains(event)) continue;
        Subscription made = co_await make(database, client, board, event, url);
        result.push_back(std::move(made));
    }
}

// monday.com signs the webhooks of an app alone. Where signatures are asked for, every event of another one is refused.
awaitable<void> tell_unsigned(Client &client, const std::string &board_id, std::vector<Subscription> &subscriptions) {
    const std::set<std::string> of_app = co_await ids_at_monday(client, board_id, Of::kApp);
    for (Subscription &each : subscriptions) {
        const bool is_there = each.state == "created" || each.state == "unchanged" || each.state == "active";
        if (each.board_id != board_id || !is_there || of_app.contains(each.webhook_id)) continue;
        each.state = "unsigned";
        each.problem =
            "made with a personal token, whose webhooks monday.com does not sign: all its events are refused. Set "
            "WEBHOOK_AUTH=token and register again, or use the OAuth token of an app";
    }
}

}  // namespace

const std::vector<std::string> &events_of(std::string_view role) {
    if (role == "parent") return kParentEvents;
    if (role == "hidden") return kItemEvents;
    return kNoEvents;
}

std::string webhook_url(const Settings &settings) {
    std::string url = settings.monday_webhook_url;
    if (url.empty()) throw ConfigError("MONDAY_WEBHOOK_URL is not set");
    if (settings.webhook_auth == WebhookAuth::kHmac) {
        throw ConfigError("monday.com signs no webhook with WEBHOOK_AUTH=hmac: all its events would be refused",
                          {"", "", "Set WEBHOOK_AUTH=token, or jwt with the OAuth token of an app."});
    }
    if (settings.webhook_auth == WebhookAuth::kToken && !settings.webhook_secrets.empty()) {
        url += (url.find('?') == std::string::npos ? "?token=" : "&token=") +
               http::percent_encode(settings.webhook_secrets.front());
    }
    if (url.size() > kLongestUrl) {
        throw ConfigError(
            fmt::format("the webhook URL has {} characters, and monday.com takes {}", url.size(), kLongestUrl));
    }
    return url;
}

awaitable<std::vector<Subscription>> register_webhooks(db::Pool &database, Client &client, std::string url,
                                                       WebhookAuth auth) {
    const std::vector<Board> boards = co_await active_boards(database);
    std::vector<Subscription> result;
    for (const Board &board : boards) {
        if (events_of(board.role).empty()) continue;
        co_await register_board(database, client, board, url, result);
        if (auth == WebhookAuth::kJwt) co_await tell_unsigned(client, board.id, result);
    }
    co_return result;
}

awaitable<std::vector<Subscription>> list_webhooks(db::Pool &database, Client &client, WebhookAuth auth) {
    const std::vector<Board> boards = co_await active_boards(database);
    std::vector<Subscription> result;
    for (const Board &board : boards) {
        const std::vector<Subscription> known = co_await known_of(database, board.id, "");
        if (known.empty()) continue;
        const std::set<std::string> there = co_await ids_at_monday(client, board.id);
        for (Subscription subscription : known) {
            subscription.state = there.contains(subscription.webhook_id) ? "active" : "gone";
            result.push_back(std::move(subscription));
        }
        if (auth == WebhookAuth::kJwt) co_await tell_unsigned(client, board.id, result);
    }
    co_return result;
}

awaitable<std::vector<Subscription>> delete_webhooks(db::Pool &database, Client &client) {
    const db::Result rows =
        co_await database.query("SELECT board_id, event, webhook_id FROM monday_webhook ORDER BY board_id, event");
    std::vector<Subscription> result;
    for (const db::Row row : rows) {
        Subscription gone{std::string{row[0].text()}, std::string{row[1].text()}, std::string{row[2].text()}, "deleted",
                          ""};
        co_await take_away(database, client, gone.webhook_id);
        result.push_back(std::move(gone));
    }
    co_return result;
}

}  // namespace poller::monday
