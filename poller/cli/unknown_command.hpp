// Names the word of a command line that stands where a command has to, and is none.
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace poller::cli {

// What to tell whoever typed it; nothing if all commands are known.
[[nodiscard]] std::optional<std::string> unknown_command(const CLI::App &program, int count, char **words);

}  // namespace poller::cli
