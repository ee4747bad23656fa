#include "poller/db/conninfo.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>
#include <memory>
#include <string_view>

namespace poller::db {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

[[nodiscard]] Options parse(const std::string &text, std::string &problem) {
    char *message = nullptr;
    Options options(PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
    if (message != nullptr) {
        problem = message;
        PQfreemem(message);
    }
    return options;
}

[[nodiscard]] std::optional<std::string> value_of(const PQconninfoOption *options, std::string_view keyword) {
    for (; options != nullptr && options->keyword != nullptr; ++options) {
        if (options->keyword == keyword && options->val != nullptr) {
            return options->val;
        }
    }
    return std::nullopt;
}

// The first of the comma-separated values; nothing where there is none.
[[nodiscard]] std::optional<std::string> first_value(const PQconninfoOption *options, std::string_view keyword) {
    const std::optional<std::string> value = value_of(options, keyword);
    return value ? std::optional(value->substr(0, value->find(','))) : std::nullopt;
}

[[nodiscard]] bool is_port(std::string_view text) {
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// Everything that libpq itself hides in a form: passwords of the server and of the client's key.
[[nodiscard]] bool secret(const PQconninfoOption &option) { return std::string_view(option.dispchar) == "*"; }

}  // namespace

std::optional<std::string> conninfo_problem(const std::string &text) {
    std::string problem;
    if (const Options options = parse(text, problem); options != nullptr) {
        // libpq itself says so at the first connection, and then each second.
        const std::string ports = value_of(options.get(), "port").value_or("");
        for (std::size_t start = 0, end = 0; end != std::string::npos; start = end + 1) {
            end = ports.find(',', start);
            if (const std::string port = ports.substr(start, end - start); !port.empty() && !is_port(port)) {
                return "a port is a number from 1 to 65535";
            }
        }
        return std::nullopt;
    }
    // libpq quotes the part it stumbled over, which may be the password.
    return problem.substr(0, problem.find_first_of("\"\n:"));
}

std::optional<std::string> conninfo_password(const std::string &text) {
    std::string problem;
    const Options options = parse(text, problem);
    for (const PQconninfoOption *option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (std::string_view(option->keyword) == "password" && option->val != nullptr) {
            return option->val;
        }
    }
    return std::nullopt;
}

std::string conninfo_without_password(const std::string &text) {
    std::string problem;
    std::string result;
    const Options options = parse(text, problem);
    for (const PQconninfoOption *option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            result += fmt::format("{}{}={}", result.empty() ? "" : " ", option->keyword,
                                  secret(*option) ? "***" : option->val);
        }
    }
    return result;
}

Address conninfo_address(const std::string &text) {
    std::string problem;
    const Options given = parse(text, problem);
    const Options defaults(PQconndefaults(), &PQconninfoFree);
    const auto value = [&](std::string_view keyword) {
        const std::optional<std::string> explicitly = first_value(given.get(), keyword);
        return explicitly ? *explicitly : first_value(defaults.get(), keyword).value_or("");
    };
    const std::string host = value("host");
    const bool is_socket = host.empty() || host[0] == '/' || host[0] == '@';
    return {is_socket ? "localhost" : host, value("port")};
}

std::optional<std::string> server_problem(std::string_view text) {
    const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
    const std::size_t colon = bracket == std::string_view::npos ? bracket : text.find(':', bracket);
    if (text.empty() || colon == 0 || bracket == std::string_view::npos) {
        return "HOST or HOST:PORT is needed";
    }
    if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) {
        return fmt::format("\"{}\": a port is a number from 1 to 65535", text);
    }
    return std::nullopt;
}

}  // namespace poller::db
