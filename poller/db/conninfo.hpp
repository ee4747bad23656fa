// Connection strings as libpq reads them: postgresql:// URLs and key=value pairs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace poller::db {

// Why libpq cannot read or use the text; nothing if it can. Passwords are not repeated.
[[nodiscard]] std::optional<std::string> conninfo_problem(const std::string &text);

[[nodiscard]] std::optional<std::string> conninfo_password(const std::string &text);

// key=value pairs, the password as ***. The text has to be readable.
[[nodiscard]] std::string conninfo_without_password(const std::string &text);

struct Address {
    std::string host;
    std::string port;
};

// Where libpq connects to: by the text, else by its variables and defaults; the first of several. A socket on this
// machine has the name localhost. The text has to be readable.
[[nodiscard]] Address conninfo_address(const std::string &text);

// What is wrong with "host" or "host:port"; nothing if it is one.
[[nodiscard]] std::optional<std::string> server_problem(std::string_view text);

}  // namespace poller::db
