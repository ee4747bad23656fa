#include "poller/cli/command_line.hpp"

int main(int count, char **words) { return poller::cli::run(count, words); }
