#include "poller/cli/import_staging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <utility>

#include "poller/cli/import_report.hpp"
#include "poller/cli/progress.hpp"
#include "poller/errors.hpp"
#include "poller/imports/mapping_columns.hpp"

namespace poller::cli {
namespace {

using nlohmann::json;
namespace files = poller::imports;

// A row of so many short texts fits into a page of the database.
constexpr std::size_t kMostColumnsRead = 400;

[[nodiscard]] std::vector<std::size_t> first_places(std::size_t count) {
    std::vector<std::size_t> places(std::min(count, kMostColumnsRead));
    for (std::size_t at = 0; at < places.size(); ++at) {
        places[at] = at;
    }
    return places;
}

}  // namespace

json read_mapping(const std::string &path) {
    std::ifstream file(path);
    if (!file) {
        throw ConfigError(fmt::format("cannot read mapping file \"{}\"", path));
    }
    json mapping = json::parse(file, nullptr, false);
    if (mapping.is_discarded() || !mapping.is_object()) {
        throw ConfigError(fmt::format("mapping file \"{}\" does not hold a JSON object", path));
    }
    return mapping;
}

awaitable<StagedFile> stage_file(db::Connection &database, const std::string &table, const files::ListFile &file,
                                 const files::Layout &layout, const std::vector<std::string> *names,
                                 files::ListShape shape) {
    StagedFile staged;
    staged.columns = files::columns_of(layout.head);
    files::StagingTable target;
    target.name = table;
    target.columns = staged.columns;
    target.filled = names == nullptr ? first_places(staged.columns.size()) : files::places_of(*names, staged.columns);
    Progress progress(fmt::format("Reading {}", file.name()), file.length());
    const std::function<void(std::uint64_t)> show = [&](std::uint64_t done) { progress.show(done); };
    const auto begun = std::chrono::steady_clock::now();
    const files::StagedRows rows =
        co_await files::stage(database, std::move(target), file, layout, std::move(shape), show);
    progress.finish();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    staged.about = about_file(file, layout, rows);
    staged.about["seconds"] = taken.count();
    if (names == nullptr && staged.columns.size() > kMostColumnsRead) {
        staged.about["columns_read"] = kMostColumnsRead;
        staged.about["first_column_not_read"] = staged.columns[kMostColumnsRead].name;
    }
    co_return staged;
}

json rows_of_file(const files::ListFile &file) {
    return {{"file", file.name()},
            {"line", files::kLineColumn},
            {"reason", files::kReasonColumn},
            {"text", files::kTextColumn}};
}

void require_readable(const json &about) {
    const auto rows = about["rows"].get<std::uint64_t>();
    const auto unreadable = about["unreadable_rows"].get<std::uint64_t>();
    if (unreadable * 2 > rows) {
        throw ConfigError(
            fmt::format("{} of {} rows cannot be read; nothing was imported. The first of them, {} {}, {}", unreadable,
                        rows, line_word(about), about["first_refusal"]["line"].get<std::uint64_t>(),
                        about["first_refusal"]["reason"].get<std::string>()),
            {"", "", "Say how the file is written: --delimiter, --quote, --encoding, --head-line, --short-rows."});
    }
}

}  // namespace poller::cli
