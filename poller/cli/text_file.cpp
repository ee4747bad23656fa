#include "poller/cli/text_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "poller/errors.hpp"

namespace poller::cli {
namespace {

namespace fs = std::filesystem;

[[nodiscard]] PermanentError cannot_write(const fs::path &file, const std::string &reason) {
    return PermanentError(fmt::format("could not write \"{}\": {}", file.string(), reason));
}

}  // namespace

void require_folder_of(const fs::path &file) {
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    std::error_code failure;
    if (!fs::is_directory(folder, failure)) {
        throw ConfigError(
            fmt::format("could not write \"{}\": there is no folder \"{}\"", file.string(), folder.string()));
    }
    if (fs::is_directory(file, failure)) {
        throw ConfigError(fmt::format("could not write \"{}\": it is a folder", file.string()));
    }
}

void write_file(const fs::path &file, std::string_view text) {
    fs::path draft = file;
    draft += ".new";
    errno = 0;
    std::ofstream stream(draft, std::ios::binary | std::ios::trunc);
    stream << text << std::flush;
    stream.close();
    if (!stream) {
        const std::string reason = std::strerror(errno);
        std::error_code ignored;
        fs::remove(draft, ignored);
        throw cannot_write(file, reason);
    }
    std::error_code failure;
    fs::rename(draft, file, failure);
    if (failure) {
        throw cannot_write(file, failure.message());
    }
}

}  // namespace poller::cli
