#include "poller/cli/questions.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <iostream>

namespace poller::cli {

bool is_asked_at_a_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

std::string ask_for_text(const std::string &question) {
    fmt::print(stderr, "{} ", question);
    std::fflush(stderr);
    std::string line;
    if (!std::getline(std::cin, line)) {
        fmt::print(stderr, "\n");
        return {};
    }
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

std::optional<std::size_t> ask_for_one(const std::string &question, const std::vector<std::string> &choices,
                                       const std::string &none) {
    fmt::print(stderr, "{}\n", question);
    for (std::size_t i = 0; i < choices.size(); ++i) fmt::print(stderr, "  {}  {}\n", i + 1, choices[i]);
    for (;;) {
        const std::string answer = ask_for_text(fmt::format("1-{}, or Enter: {}?", choices.size(), none));
        if (answer.empty()) return std::nullopt;
        std::size_t number = 0;
        const char *end = answer.data() + answer.size();
        const auto [rest, error] = std::from_chars(answer.data(), end, number);
        if (error == std::errc{} && rest == end && number >= 1 && number <= choices.size()) return number - 1;
    }
}

}  // namespace poller::cli
