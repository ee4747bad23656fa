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
    std::string state;  // created, unchanged, gone, deleted, refused
    std::string problem;
};

// What is to be delivered to us from a board of a role. Events of subitems belong to the board of their parents.
[[nodiscard]] const std::vector<std::string> &events_of(std::string_view role);

// MONDAY_WEBHOOK_URL, with the secret where that is how webhooks prove their origin. ConfigError where it is not set,
// or longer than monday.com takes.
[[nodiscard]] std::string webhook_url(const Settings &settings);

// Every event of every board once; what is there already, with the same URL, stays. A refusal does not keep the others
// from being made.
[[nodiscard]] awaitable<std::vector<Subscription>> register_webhooks(db::Pool &database, Client &client,
                                                                     std::string url);

// Ours, and whether monday.com still has them.
[[nodiscard]] awaitable<std::vector<Subscription>> list_webhooks(db::Pool &database, Client &client);

[[nodiscard]] awaitable<std::vector<Subscription>> delete_webhooks(db::Pool &database, Client &client);

}  // namespace poller::monday
