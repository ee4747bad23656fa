// Webhooks of the boards: made, listed and taken away. monday.com never says where a webhook leads, and makes as many
// as it is asked for, so the database remembers which are ours.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/config/settings.hpp"
#include "poller/db/pool.hpp"
#include "poller/monday/board.hpp"
#include "poller/monday/client.hpp"

namespace poller::monday {

struct Subscription {
    std::string board_id;
    std::string event;  // as it is subscribed to
    std::string webhook_id;
    std::string state;  // created, unchanged, active, gone, deleted, refused, unsigned
    std::string problem;
};

// What is to be delivered to us from a board of a role. Events of subitems belong to the board of their parents.
[[nodiscard]] const std::vector<std::string> &events_of(std::string_view role);

// MONDAY_WEBHOOK_URL, with the secret where that is how webhooks prove their origin. ConfigError where it is not set,
// or longer than monday.com takes, or where monday.com cannot prove its events in the way that is asked for.
[[nodiscard]] std::string webhook_url(const Settings &settings);

// Every event of every board once; what is there already, with the same URL, stays. A refusal does not keep the others
// from being made. With WEBHOOK_AUTH=jwt those that monday.com does not sign are unsigned.
[[nodiscard]] awaitable<std::vector<Subscription>> register_webhooks(db::Pool &database, Client &client,
                                                                     std::string url, WebhookAuth auth);

// Ours, and whether monday.com still has them.
[[nodiscard]] awaitable<std::vector<Subscription>> list_webhooks(db::Pool &database, Client &client, WebhookAuth auth);

[[nodiscard]] awaitable<std::vector<Subscription>> delete_webhooks(db::Pool &database, Client &client);

}  // namespace poller::monday
