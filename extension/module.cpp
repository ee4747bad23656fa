// The library's entry: its mark for the server and its settings.
#include "pg/guard.hpp"

#include "pg/settings.hpp"

extern "C" {
#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "pipeline_forecast", .version = PIPELINE_FORECAST_VERSION);
#else
PG_MODULE_MAGIC;
#endif

extern PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) { pipeline_forecast::pg::define_settings(); }
