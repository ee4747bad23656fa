// A set-returning function that hands over all its rows at once.
#pragma once

#include "pg/prelude.hpp"

namespace pipeline_forecast::pg {

struct ResultSet {
    Tuplestorestate *rows;
    TupleDesc descriptor;
};

// Call before the first C++ object with a destructor: it raises PostgreSQL errors. Rows that do not fit work_mem go
// to disk.
[[nodiscard]] ResultSet begin_result_set(FunctionCallInfo fcinfo);

}  // namespace pipeline_forecast::pg
