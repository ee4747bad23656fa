#include "pg/guard.hpp"

#include <new>
#include <string_view>

#include "core/input_error.hpp"

namespace pipeline_forecast::pg {
namespace {

// What a catch block keeps for the time after it: plain memory, so that raising the error skips no destructor.
struct Failure {
    ErrorData *error = nullptr;
    int sqlstate = ERRCODE_INTERNAL_ERROR;
    char message[1024] = "unknown failure in the forecast library";
    char hint[1024] = "";

    [[noreturn]] void raise() const {
        if (error != nullptr) ReThrowError(error);
        ereport(ERROR, (errcode(sqlstate), errmsg_internal("%s", message), hint[0] != '\0' ? errhint("%s", hint) : 0));
        pg_unreachable();
    }
};

void copy(std::string_view text, char (&buffer)[1024]) noexcept {
    const std::size_t whole = text.size() < sizeof(buffer) ? text.size() : sizeof(buffer) - 1;
    // Cut between characters: an error text with half a UTF-8 sequence could not be sent to the client.
    std::size_t length = whole;
    if (whole < text.size()) {
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    }
    text.copy(buffer, length);
    buffer[length] = '\0';
}

int to_errcode(std::string_view state) noexcept {
    return state.size() == 5 ? MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]) : ERRCODE_INTERNAL_ERROR;
}

}  // namespace

Datum boundary(FunctionBody body, FunctionCallInfo fcinfo) {
    Failure failure;
    try {
        return body(fcinfo);
    } catch (const PgError &error) {
        failure.error = error.data();
    } catch (const InputError &error) {
        failure.sqlstate = to_errcode(error.sqlstate());
        copy(error.what(), failure.message);
        copy(error.hint(), failure.hint);
    } catch (const std::bad_alloc &) {
        failure.sqlstate = ERRCODE_OUT_OF_MEMORY;
        copy("out of memory", failure.message);
    } catch (const std::exception &error) {
        copy(error.what(), failure.message);
    } catch (...) {
        // Keeps the default text: nothing is known of what was thrown.
    }
    failure.raise();
}

}  // namespace pipeline_forecast::pg
