#include "poller/cli/unknown_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace poller::cli {
namespace {

[[nodiscard]] std::vector<const CLI::App *> commands_of(const CLI::App &app) {
    return app.get_subcommands([](const CLI::App *) { return true; });
}

[[nodiscard]] bool takes_value(const CLI::App &app, const std::string &word) {
    const CLI::Option *option = app.get_option_no_throw(word);
    return option != nullptr && option->get_items_expected_max() > 0;
}

[[nodiscard]] std::string message(const CLI::App &app, std::string_view word) {
    std::string names;
    for (const CLI::App *command : commands_of(app)) {
        names += (names.empty() ? "" : ", ") + command->get_name();
    }
    return fmt::format("there is no command \"{}\"; commands of {}: {}", word, app.get_name(), names);
}

}  // namespace

std::optional<std::string> unknown_command(const CLI::App &program, int count, char **words) {
    const CLI::App *app = &program;
    for (int i = 1; i < count; ++i) {
        const std::vector<const CLI::App *> commands = commands_of(*app);
        if (commands.empty()) {
            break;
        }
        const std::string word = words[i];
        if (word.starts_with("-")) {
            i += takes_value(*app, word) ? 1 : 0;
            continue;
        }
        const auto found = std::find_if(commands.begin(), commands.end(),
                                        [&](const CLI::App *command) { return command->get_name() == word; });
        if (found == commands.end()) {
            return message(*app, word);
        }
        app = *found;
    }
    return std::nullopt;
}

}  // namespace poller::cli
