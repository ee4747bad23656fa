// What can be said to `import`: above all how the file is written, where it is not recognised.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "poller/imports/list_file.hpp"
#include "poller/imports/sniff.hpp"

namespace CLI {
class App;
}

namespace poller::cli {

struct ImportOptions {
    std::string file;
    std::string mapping;  // empty: proposed
    std::string preset;
    bool proposes = false;
    bool is_history = false;                            // the file tells the past of projects
    nlohmann::json formats = nlohmann::json::object();  // of columns whose values do not tell
    imports::SaidFile said_file;
    imports::SaidLayout layout;
    bool accepts_losses = false;
    bool json = false;

    // With the names of the columns that are looked for.
    [[nodiscard]] imports::SaidLayout said(std::vector<std::string> wanted) const;
};

// The options have to live as long as the command.
void add_import_options(CLI::App &command, ImportOptions &options);

}  // namespace poller::cli
