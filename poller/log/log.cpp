#include "poller/log/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace poller::log {
namespace {

constexpr std::size_t kShortestSecret = 6;

[[nodiscard]] std::vector<std::string> &secrets() {
    static std::vector<std::string> known;
    return known;
}

[[nodiscard]] spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::kDebug: return spdlog::level::debug;
        case Level::kInfo: return spdlog::level::info;
        case Level::kWarning: return spdlog::level::warn;
        case Level::kError: return spdlog::level::err;
    }
    return spdlog::level::info;
}

[[nodiscard]] spdlog::logger &logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>("poller", std::make_shared<spdlog::sinks::stderr_sink_st>());
        made->set_formatter(std::make_unique<spdlog::pattern_formatter>("time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v",
                                                                        spdlog::pattern_time_type::utc));
        return made;
    }();
    return *instance;
}

void write(Level level, std::string_view event, Fields fields) {
    if (enabled(level)) {
        logger().log(to_spdlog(level), format_line(event, fields));
    }
}

[[nodiscard]] bool plain(std::string_view value) {
    return !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char byte) {
        return byte > ' ' && byte != '"' && byte != '=' && byte != '\\' && byte != 0x7f;
    });
}

void append_value(std::string &line, std::string_view value) {
    if (plain(value)) {
        line += value;
        return;
    }
    line += '"';
    for (const char byte : value) {
        switch (byte) {
            case '"': line += "\\\""; break;
            case '\\': line += "\\\\"; break;
            case '\n': line += "\\n"; break;
            case '\r': line += "\\r"; break;
            case '\t': line += "\\t"; break;
            default:
                if (static_cast<unsigned char>(byte) < ' ' || byte == 0x7f) {
                    fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(byte));
                } else {
                    line += byte;
                }
        }
    }
    line += '"';
}

[[nodiscard]] std::string masked(std::string_view text) {
    std::string result(text);
    for (const std::string &secret : secrets()) {
        for (std::size_t at = result.find(secret); at != std::string::npos; at = result.find(secret, at + 3)) {
            result.replace(at, secret.size(), "***");
        }
    }
    return result;
}

}  // namespace

bool enabled(Level level) { return logger().should_log(to_spdlog(level)); }

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

void mask(std::string_view secret) {
    if (secret.size() >= kShortestSecret && std::find(secrets().begin(), secrets().end(), secret) == secrets().end()) {
        secrets().emplace_back(secret);
    }
}

std::string format_line(std::string_view event, Fields fields) {
    std::string line = "event=";
    append_value(line, masked(event));
    for (const Field &field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        append_value(line, masked(field.value));
    }
    return line;
}

void debug(std::string_view event, Fields fields) { write(Level::kDebug, event, fields); }
void info(std::string_view event, Fields fields) { write(Level::kInfo, event, fields); }
void warning(std::string_view event, Fields fields) { write(Level::kWarning, event, fields); }
void error(std::string_view event, Fields fields) { write(Level::kError, event, fields); }

}  // namespace poller::log
