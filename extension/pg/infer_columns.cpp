#include "pg/spi.hpp"

#include "pg/infer_columns.hpp"

#include <memory>

namespace pipeline_forecast::pg {

std::vector<ColumnInference> infer_columns(const std::string &query, std::size_t column_count) {
    std::vector<ColumnInference> columns(column_count);
    std::vector<Datum> values(column_count);
    const auto nulls = std::make_unique<bool[]>(column_count);
    for_each_row(query, {}, [&](const QueryRow &row) {
        row.all(values.data(), nulls.get());
        for (std::size_t i = 0; i < column_count; ++i) {
            if (nulls[i]) {
                columns[i].add_blank();
            } else {
                const auto *packed = DatumGetTextPP(values[i]);
                columns[i].add({VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed)});
                // A long value was unpacked for this, and there may be one in every row.
                if (PointerGetDatum(packed) != values[i]) pfree(const_cast<text *>(packed));
            }
        }
    });
    return columns;
}

}  // namespace pipeline_forecast::pg
