// The library's entry: its mark for the server, and a word about settings of the past.
#include "pg/guard.hpp"

#include "core/interrupts.hpp"

extern "C" {
#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "pipeline_forecast", .version = PIPELINE_FORECAST_VERSION);
#else
PG_MODULE_MAGIC;
#endif

extern PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    pipeline_forecast::set_interrupt_check([] {
        if (InterruptPending) pipeline_forecast::pg::pg_call([] { CHECK_FOR_INTERRUPTS(); });
    });
    // Settings are rows of a table. A pipeline_forecast.* of postgresql.conf, ALTER DATABASE or SET has no effect: the
    // server warns of one that is there already, and since 15 refuses a new one.
#if PG_VERSION_NUM >= 150000
    MarkGUCPrefixReserved("pipeline_forecast");
#else
    EmitWarningsOnPlaceholders("pipeline_forecast");
#endif
}
