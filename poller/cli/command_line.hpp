// The command line: pipeline-poller COMMAND [options]. A command is one file in this folder, which adds itself to the
// program with its options and says what is to be done when it was chosen.
#pragma once

#include <functional>
#include <string>

#include "poller/config/configuration.hpp"

namespace CLI {
class App;
}

namespace poller::cli {

// What the options before the command say.
struct Context {
    std::string env_file;

    [[nodiscard]] Environment environment() const;
    // ConfigError if a setting is wrong. Warnings are logged, and the log level is set.
    [[nodiscard]] Configuration configuration() const;
};

// Returns the exit status: 0 done, 1 failed, 2 called or configured wrongly. Exceptions become the last two.
using Action = std::function<int()>;

struct CommandLine {
    CLI::App &program;
    Context context;
    Action chosen;  // set by the callback of the command that was given
};

// Parses the words, runs the command, writes errors to standard error. Returns the exit status.
[[nodiscard]] int run(int count, char **words);

}  // namespace poller::cli
