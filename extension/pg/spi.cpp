#include "pg/spi.hpp"

namespace pipeline_forecast::pg {

bool QueryRow::has(int column) const {
    bool is_null = false;
    (void)SPI_getbinval(tuple_, descriptor_, column, &is_null);
    return !is_null;
}

Datum QueryRow::datum(int column) const {
    bool is_null = false;
    return SPI_getbinval(tuple_, descriptor_, column, &is_null);
}

std::string_view QueryRow::text_at(int column) const {
    bool is_null = false;
    const Datum value = SPI_getbinval(tuple_, descriptor_, column, &is_null);
    if (is_null) return {};
    const auto *packed = DatumGetTextPP(value);
    return {VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed)};
}

void QueryRow::all(Datum *values, bool *nulls) const { heap_deform_tuple(tuple_, descriptor_, values, nulls); }

std::string_view QueryRow::copy_at(int column, MemoryContext lasting) const {
    bool is_null = false;
    const Datum value = SPI_getbinval(tuple_, descriptor_, column, &is_null);
    if (is_null) return {};
    MemoryContext row_context = MemoryContextSwitchTo(lasting);
    const auto *copy = DatumGetTextPCopy(value);
    MemoryContextSwitchTo(row_context);
    return {VARDATA(copy), VARSIZE(copy) - VARHDRSZ};
}

}  // namespace pipeline_forecast::pg
