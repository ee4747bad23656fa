// The file of an import in the staging table of its session, and what every import asks of it.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/db/connection.hpp"
#include "poller/imports/list_file.hpp"
#include "poller/imports/staging.hpp"

namespace poller::cli {

inline constexpr const char *kStagingTable = "import";

struct StagedFile {
    std::vector<imports::Column> columns;
    nlohmann::json about;  // how the file was read
};

// What an import prints and returns, once all that it did is to be kept.
struct Outcome {
    std::string text;
    int status = 0;
    bool is_kept = true;
};

// ConfigError where the file holds no JSON object.
[[nodiscard]] nlohmann::json read_mapping(const std::string &path);

// The columns that a mapping names are filled, or all of them where `names` is null.
[[nodiscard]] awaitable<StagedFile> stage_file(db::Connection &database, const std::string &table,
                                               const imports::ListFile &file, const imports::Layout &layout,
                                               const std::vector<std::string> *names, imports::ListShape shape);

// What the database is told of the staging table.
[[nodiscard]] nlohmann::json rows_of_file(const imports::ListFile &file);

// ConfigError where most rows cannot be read: the file is not what it was taken for.
void require_readable(const nlohmann::json &about);

}  // namespace poller::cli
