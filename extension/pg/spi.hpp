// Reading through the executor from C++: a query is run and its rows are handed to a function one by one.
#pragma once

#include "pg/guard.hpp"

#include <string>
#include <vector>

namespace pipeline_forecast::pg {

// One parameter of a query; the value must stay valid while the query runs.
struct QueryParameter {
    Oid type;
    Datum value;
    bool is_null = false;
};

// One row of a query, valid until the next one. The getters may raise PostgreSQL errors: they belong into the
// function given to for_each_row, which runs under the call guard.
class QueryRow {
public:
    QueryRow(HeapTuple tuple, TupleDesc descriptor) : tuple_(tuple), descriptor_(descriptor) {}

    // Columns count from 1. Empty where the column is NULL.
    [[nodiscard]] std::string_view text_at(int column) const;
    // False, with no value, where the column is NULL.
    [[nodiscard]] bool has(int column) const;
    [[nodiscard]] Datum datum(int column) const;
    // All columns at once: one by one, each is looked for from the first.
    void all(Datum *values, bool *nulls) const;
    // A text or bytea in memory of `lasting`, where it outlives the row. Empty where the column is NULL.
    [[nodiscard]] std::string_view copy_at(int column, MemoryContext lasting) const;

private:
    HeapTuple tuple_;
    TupleDesc descriptor_;
};

// Reads in batches, so that memory does not grow with the result. While read_row calls the server, it must have no
// object with a destructor alive. Errors leave the SPI connection to the abort of the transaction, which every error
// leads to: closing it here would free the memory that the error itself lives in.
template <typename ReadRow>
void for_each_row(const std::string &query, const std::vector<QueryParameter> &parameters, ReadRow &&read_row) {
    constexpr long kBatch = 10'000;
    std::vector<Oid> types;
    std::vector<Datum> values;
    std::string nulls;
    for (const QueryParameter &parameter : parameters) {
        types.push_back(parameter.type);
        values.push_back(parameter.value);
        nulls += parameter.is_null ? 'n' : ' ';
    }
    pg_call([&] {
        if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "could not connect to SPI");
        Portal cursor = SPI_cursor_open_with_args(nullptr, query.c_str(), static_cast<int>(types.size()), types.data(),
                                                  values.data(), nulls.c_str(), true, 0);
        for (;;) {
            SPI_cursor_fetch(cursor, true, kBatch);
            SPITupleTable *batch = SPI_tuptable;
            const uint64 count = SPI_processed;
            if (count == 0) break;
            for (uint64 i = 0; i < count; ++i) read_row(QueryRow(batch->vals[i], batch->tupdesc));
            SPI_freetuptable(batch);
            CHECK_FOR_INTERRUPTS();
        }
        SPI_cursor_close(cursor);
        SPI_finish();
    });
}

}  // namespace pipeline_forecast::pg
