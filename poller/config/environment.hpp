// Where settings come from: the process's environment, and a file of NAME=value lines that SIGHUP reads again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace poller {

class Environment {
public:
    // A value and where it was found, as a person would look for it: "environment", "/etc/poller.env line 3".
    struct Entry {
        std::string value;
        std::string source;
        bool is_public = false;  // stands in a file that every user of the machine may read
    };

    Environment() = default;
    explicit Environment(const std::map<std::string, std::string> &variables);

    [[nodiscard]] static Environment of_process();

    // Adds what the file sets and the environment does not. Lines are NAME=value, # begins a comment line, quotes
    // around a value are taken off. ConfigError if it cannot be read or a line is something else.
    void add_file(const std::string &path);

    // Nullptr for a name that is not set, or set to nothing.
    [[nodiscard]] const Entry *find(std::string_view name) const;
    [[nodiscard]] const std::map<std::string, Entry, std::less<>> &entries() const noexcept { return entries_; }

private:
    std::map<std::string, Entry, std::less<>> entries_;
};

// The content of a small file without the line end at its end. ConfigError if it cannot be read or is larger than
// 64 KiB.
[[nodiscard]] std::string read_secret_file(const std::string &path);

// Whether every user of this machine may read the file.
[[nodiscard]] bool is_public_file(const std::string &path);

}  // namespace poller
