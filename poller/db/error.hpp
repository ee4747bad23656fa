// Errors of the database as exceptions: the one place that says which of them are worth another try.
#pragma once

#include <string_view>

struct pg_result;

namespace poller::db {

// Serialization failures, deadlocks and commits that nobody knows the end of (40001, 40P01, 40003), lost connections
// (class 08), a server that shuts down, crashes or starts (57P0x), one that lacks memory, disk or connections (class
// 53) or whose files cannot be read or written (class 58), a read-only server after a failover (25006), an object in
// use (55006), and a lock or a statement that ran out of time (55P03, 57014).
[[nodiscard]] bool is_transient(std::string_view sqlstate);

// Throws TransientError or PermanentError with message, SQLSTATE, detail and hint of a failed statement.
[[noreturn]] void throw_error(const pg_result *result);

}  // namespace poller::db
