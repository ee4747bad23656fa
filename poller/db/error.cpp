#include "poller/db/error.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <string>

#include "poller/errors.hpp"

namespace poller::db {
namespace {

[[nodiscard]] std::string part(const pg_result *result, int code) {
    const char *text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

bool is_transient(std::string_view sqlstate) {
    constexpr std::array<std::string_view, 4> kTransientClasses = {"08", "53", "57P0", "58"};
    constexpr std::array<std::string_view, 7> kTransient = {"25006", "40001", "40003", "40P01",
                                                            "55006", "55P03", "57014"};
    return std::any_of(kTransientClasses.begin(), kTransientClasses.end(),
                       [sqlstate](std::string_view start) { return sqlstate.starts_with(start); }) ||
           std::find(kTransient.begin(), kTransient.end(), sqlstate) != kTransient.end();
}

void throw_error(const pg_result *result) {
    std::string message = part(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) {
        message = PQresultErrorMessage(result);
    }
    const std::string sqlstate = part(result, PG_DIAG_SQLSTATE);
    ErrorInfo info{sqlstate, part(result, PG_DIAG_MESSAGE_DETAIL), part(result, PG_DIAG_MESSAGE_HINT)};
    // Of a COPY the context is what names the line.
    if (const std::string context = part(result, PG_DIAG_CONTEXT);
        info.detail.empty() && context.starts_with("COPY ")) {
        info.detail = context;
    }
    if (is_transient(sqlstate)) {
        throw TransientError(message, std::move(info));
    }
    throw PermanentError(message, std::move(info));
}

}  // namespace poller::db
