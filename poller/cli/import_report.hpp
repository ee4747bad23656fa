// What came of an import, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "poller/imports/list_file.hpp"
#include "poller/imports/sniff.hpp"
#include "poller/imports/staging.hpp"

namespace poller::cli {

// How a file was read, and what of it is no row of the list.
[[nodiscard]] nlohmann::json about_file(const imports::ListFile &file, const imports::Layout &layout,
                                        const imports::StagedRows &rows);

// What a person calls a line of the file: a sheet has rows.
[[nodiscard]] std::string_view line_word(const nlohmann::json &about);

// Of a report of import_report(), with the file beside it.
[[nodiscard]] std::string report_text(const nlohmann::json &report, bool accepts_losses);

// Of what import_project_history() returns, with the metadata of its run and the file beside it.
[[nodiscard]] std::string history_report_text(const nlohmann::json &report);

// What the forecast misses of the file, a sentence each; empty where nothing important was lost.
[[nodiscard]] std::vector<std::string> losses(const nlohmann::json &report);

// 1 where something important was lost that nobody said to accept.
[[nodiscard]] int exit_status(const nlohmann::json &report, bool accepts_losses);

// What a proposal leaves open, and how it came about.
[[nodiscard]] std::string proposal_text(const nlohmann::json &proposal, const nlohmann::json &about);

// ConfigError where a proposal is not good enough to import by: what is missing, what only a person can say.
void require_ready(const nlohmann::json &proposal, const nlohmann::json &about);

}  // namespace poller::cli
