// All commands, each in a file of its own name.
#pragma once

namespace poller::cli {

struct CommandLine;

void add_config(CommandLine &line);
void add_serve(CommandLine &line);

}  // namespace poller::cli
