// Questions to a person at a terminal: they go to standard error, since standard output may be a file.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace poller::cli {

// Whether somebody can answer.
[[nodiscard]] bool is_asked_at_a_terminal();

// The place of the choice; nothing for an empty line, or where the input ended. Asks again after anything else.
[[nodiscard]] std::optional<std::size_t> ask_for_one(const std::string &question,
                                                     const std::vector<std::string> &choices, const std::string &none);

// The line without blanks at its ends; empty where the input ended.
[[nodiscard]] std::string ask_for_text(const std::string &question);

}  // namespace poller::cli
