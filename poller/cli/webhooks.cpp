// pipeline-poller webhooks register|list|delete: what monday.com delivers to us.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

#include "poller/cli/commands.hpp"
#include "poller/cli/outside.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/monday/subscriptions.hpp"

namespace poller::cli {
namespace {

using Subscriptions = std::vector<monday::Subscription>;

int show(const Subscriptions &subscriptions, bool as_json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const monday::Subscription &each : subscriptions) {
        rows.push_back({{"board", each.board_id},
                        {"event", each.event},
                        {"webhook", each.webhook_id},
                        {"state", each.state},
                        {"problem", each.problem}});
        if (!as_json) {
            fmt::print("{:<12} {:<28} {:<12} {}{}{}\n", each.board_id, each.event, each.webhook_id, each.state,
                       each.problem.empty() ? "" : ": ", each.problem);
        }
    }
    if (as_json) fmt::print("{}\n", rows.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    const bool is_well = std::ranges::none_of(subscriptions, [](const monday::Subscription &each) {
        return each.state == "refused" || each.state == "gone" || each.state == "unsigned";
    });
    return is_well ? 0 : 1;
}

using Work = awaitable<Subscriptions> (*)(jobs::Services services, monday::Client &client);

awaitable<Subscriptions> register_all(jobs::Services services, monday::Client &client) {
    co_return co_await monday::register_webhooks(services.database, client, monday::webhook_url(services.settings),
                                                 services.settings.webhook_auth);
}

awaitable<Subscriptions> list_all(jobs::Services services, monday::Client &client) {
    co_return co_await monday::list_webhooks(services.database, client, services.settings.webhook_auth);
}

awaitable<Subscriptions> delete_all(jobs::Services services, monday::Client &client) {
    co_return co_await monday::delete_webhooks(services.database, client);
}

awaitable<int> run(jobs::Services services, Work work, std::shared_ptr<bool> json) {
    monday::Budget budget(services.database);
    monday::Client client(services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows);
    const Subscriptions subscriptions = co_await work(services, client);
    co_return show(subscriptions, *json);
}

void add(CLI::App &parent, CommandLine &line, const char *name, const char *meaning, Work work) {
    CLI::App *command = parent.add_subcommand(name, meaning);
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "as JSON");
    command->callback([&line, work, json] {
        line.chosen = [&line, work, json] {
            return with_services(line.context,
                                 [work, json](jobs::Services services) { return run(services, work, json); });
        };
    });
}

}  // namespace

void add_webhooks(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand("webhooks", "Webhooks of the boards at monday.com");
    command->require_subcommand(1);
    add(*command, line, "register",
        "Subscribe to the events of all boards, for MONDAY_WEBHOOK_URL; the server must be running, since monday.com "
        "asks it",
        register_all);
    add(*command, line, "list", "Show ours, and whether monday.com still has them", list_all);
    add(*command, line, "delete", "Take ours away", delete_all);
}

}  // namespace poller::cli
