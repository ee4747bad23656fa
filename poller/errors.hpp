// What can go wrong, by what the caller does about it: try again, give up, or correct the configuration.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace poller {

// What is known about an error beyond its message; empty where unknown.
struct ErrorInfo {
    std::string sqlstate;
    std::string detail;
    std::string hint;
};

class Error : public std::runtime_error {
public:
    explicit Error(const std::string &message, ErrorInfo info = {})
        : std::runtime_error(message), info_(std::move(info)) {}

    [[nodiscard]] const std::string &sqlstate() const noexcept { return info_.sqlstate; }
    [[nodiscard]] const std::string &detail() const noexcept { return info_.detail; }
    [[nodiscard]] const std::string &hint() const noexcept { return info_.hint; }

private:
    ErrorInfo info_;
};

// The same request may succeed later: serialization failures, a server that restarts, a network that is away.
class TransientError : public Error {
public:
    using Error::Error;
};

// The connection to the database is gone. In doubt: the statement had been sent, and may have been carried out.
class ConnectionLost : public TransientError {
public:
    ConnectionLost(const std::string &message, bool in_doubt)
        : TransientError(message, {"08006", "", ""}), in_doubt_(in_doubt) {}

    [[nodiscard]] bool in_doubt() const noexcept { return in_doubt_; }

private:
    bool in_doubt_;
};

// Not now: a provider, or a limit that is kept towards it, asks to come back later. Nothing was tried.
class WaitError : public TransientError {
public:
    WaitError(std::chrono::milliseconds wait, const std::string &message) : TransientError(message), wait_(wait) {}

    [[nodiscard]] std::chrono::milliseconds wait() const noexcept { return wait_; }

private:
    std::chrono::milliseconds wait_;
};

// The same request fails again.
class PermanentError : public Error {
public:
    using Error::Error;
};

// The program was configured or called wrongly; exit status 2.
class ConfigError : public Error {
public:
    using Error::Error;
};

}  // namespace poller
