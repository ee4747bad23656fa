// pipeline-poller serve: the service, until SIGTERM.
#include <CLI/CLI.hpp>

#include "poller/cli/command_line.hpp"
#include "poller/cli/commands.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/service.hpp"

namespace poller::cli {

void add_serve(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand("serve", "Receive webhooks, answer requests and work the queue");
    auto insecure = std::make_shared<bool>(false);
    command->add_flag("--insecure-no-auth", *insecure, "accept webhooks from anyone; for a laptop only");
    command->callback([&line, insecure] {
        line.chosen = [&line, insecure] {
            Configuration configuration = line.context.configuration();
            if (*insecure) {
                configuration.settings.webhook_auth = WebhookAuth::kNone;
            }
            require_webhook_authentication(configuration.settings);
            jobs::require_known_job_types(configuration.settings);
            Service service(std::move(configuration), [&line] { return line.context.environment(); });
            service.run();
            return 0;
        };
    });
}

}  // namespace poller::cli
