// The two guards between C++ exceptions and PostgreSQL's longjmp.
//
// PostgreSQL reports an error by siglongjmp, which runs no destructor; a C++ exception that leaves an extern "C"
// function ends the server. So: an exception never leaves PIPELINE_FUNCTION (the boundary guard), and while a C++
// object with a destructor is alive every call into the server goes through pg_call (the call guard), which turns
// the server's error into a PgError. A PgError that was caught must reach the boundary: swallowing it would leave
// locks, buffers and the SPI stack as the error left them.
#pragma once

#include "pg/prelude.hpp"

#include <exception>
#include <type_traits>
#include <utility>

namespace pipeline_forecast::pg {

class PgError : public std::exception {
public:
    explicit PgError(ErrorData *data) noexcept : data_(data) {}
    [[nodiscard]] ErrorData *data() const noexcept { return data_; }
    [[nodiscard]] const char *what() const noexcept override { return data_->message; }

private:
    ErrorData *data_;
};

using FunctionBody = Datum (*)(FunctionCallInfo);

// Runs a function body and reports whatever it throws as a PostgreSQL error, SQLSTATE and hint included.
Datum boundary(FunctionBody body, FunctionCallInfo fcinfo);

// Runs fn, which calls the server, and throws PgError where the server raised an error.
template <typename Fn>
auto pg_call(Fn &&fn) -> std::invoke_result_t<Fn> {
    using Result = std::invoke_result_t<Fn>;
    static_assert(std::is_void_v<Result> || std::is_scalar_v<Result>, "a result that crosses the guard is a scalar");

    MemoryContext caller_context = CurrentMemoryContext;
    ErrorData *volatile failure = nullptr;
    std::exception_ptr thrown;
    std::conditional_t<std::is_void_v<Result>, char, Result> volatile result{};

    PG_TRY();
    {
        // A C++ exception must not cross PG_TRY either: it would leave the server's handler stack dangling.
        try {
            if constexpr (std::is_void_v<Result>) {
                std::forward<Fn>(fn)();
            } else {
                result = std::forward<Fn>(fn)();
            }
        } catch (...) {
            thrown = std::current_exception();
        }
    }
    PG_CATCH();
    {
        MemoryContextSwitchTo(caller_context);
        failure = CopyErrorData();
        FlushErrorState();
    }
    PG_END_TRY();

    if (failure != nullptr) throw PgError(failure);
    if (thrown) std::rethrow_exception(thrown);
    if constexpr (!std::is_void_v<Result>) return result;
}

}  // namespace pipeline_forecast::pg

// Declares, exports and guards one SQL-callable function. Every entry point of the library is made by this macro.
#define PIPELINE_FUNCTION(name)                                                                              \
    extern "C" {                                                                                             \
    extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                                         \
    PG_FUNCTION_INFO_V1(name);                                                                               \
    }                                                                                                        \
    static Datum name##_body(PG_FUNCTION_ARGS);                                                              \
    extern "C" Datum name(PG_FUNCTION_ARGS) { return pipeline_forecast::pg::boundary(name##_body, fcinfo); } \
    static Datum name##_body([[maybe_unused]] PG_FUNCTION_ARGS)
