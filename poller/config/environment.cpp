#include "poller/config/environment.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "poller/config/parse.hpp"
#include "poller/errors.hpp"

namespace poller {
namespace {

constexpr std::size_t kLargestFile = 64 * 1024;

[[nodiscard]] std::string read_file(const std::string &path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string content(kLargestFile + 1, '\0');
    if (!file || !(file.read(content.data(), static_cast<std::streamsize>(content.size())) || file.eof())) {
        throw ConfigError(fmt::format("could not read file \"{}\": {}", path, std::strerror(errno)));
    }
    content.resize(static_cast<std::size_t>(file.gcount()));
    if (content.size() > kLargestFile) {
        throw ConfigError(fmt::format("file \"{}\" is larger than {} bytes", path, kLargestFile));
    }
    return content;
}

[[nodiscard]] std::string_view unquoted(std::string_view value) {
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
        return value.substr(1, value.size() - 2);
    }
    return value;
}

}  // namespace

Environment::Environment(const std::map<std::string, std::string> &variables) {
    for (const auto &[name, value] : variables) {
        entries_.emplace(name, Entry{value, "environment", false});
    }
}

Environment Environment::of_process() {
    Environment result;
    for (char **variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            result.entries_.emplace(text.substr(0, equals),
                                    Entry{std::string(text.substr(equals + 1)), "environment", false});
        }
    }
    return result;
}

void Environment::add_file(const std::string &path) {
    const std::string content = read_file(path);
    const bool is_public = is_public_file(path);
    int number = 0;
    for (std::string_view rest = content; !rest.empty();) {
        ++number;
        const std::string_view line = trim(rest.substr(0, rest.find('\n')));
        rest.remove_prefix(
            std::min(rest.size(), rest.find('\n') == std::string_view::npos ? rest.size() : rest.find('\n') + 1));
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const std::size_t equals = line.find('=');
        const std::string_view name = trim(line.substr(0, equals));
        if (equals == std::string_view::npos || name.empty() ||
            name.find_first_of(" \t\"'") != std::string_view::npos) {
            throw ConfigError(
                fmt::format("{} line {}: a line has to be NAME=value, or a comment that begins with #", path, number));
        }
        const std::string_view value = unquoted(trim(line.substr(equals + 1)));
        const Entry *present = find(name);
        if (present == nullptr || present->source != "environment") {
            entries_.insert_or_assign(std::string(name),
                                      Entry{std::string(value), fmt::format("{} line {}", path, number), is_public});
        }
    }
}

const Environment::Entry *Environment::find(std::string_view name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() || found->second.value.empty() ? nullptr : &found->second;
}

std::string read_secret_file(const std::string &path) {
    std::string content = read_file(path);
    while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) {
        content.pop_back();
    }
    return content;
}

bool is_public_file(const std::string &path) {
    struct stat state {};
    return stat(path.c_str(), &state) == 0 && S_ISREG(state.st_mode) && (state.st_mode & S_IROTH) != 0;
}

}  // namespace poller
