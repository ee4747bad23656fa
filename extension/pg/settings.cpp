#include "pg/prelude.hpp"

#include "pg/settings.hpp"

#include <climits>

#include "pg/guard.hpp"

namespace pipeline_forecast::pg {
namespace {

int snapshot_retention_days = 730;
int snapshot_cron_hour_utc = 3;
int snapshot_cron_minute_utc = 10;
int log_retention_days = 30;
int webhook_retention_days = 30;
char *currency = nullptr;
int llm_daily_calls = 1000;
int llm_daily_tokens = 2'000'000;
int llm_attempt_limit = 5;
char *statuses_without_value = nullptr;
char *new_enquiry_reason = nullptr;
int fiscal_year_start_month = 1;

}  // namespace

void define_settings() {
    DefineCustomIntVariable("pipeline_forecast.snapshot_retention_days",
                            "Days for which forecast snapshots are kept",
                            "A snapshot exactly this many days old is kept.", &snapshot_retention_days,
                            snapshot_retention_days, 1, 36500, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pipeline_forecast.snapshot_cron_hour_utc",
                            "Hour (UTC) of the daily forecast snapshot",
                            "schedule_pipeline_jobs() must be called again for a change to take effect.",
                            &snapshot_cron_hour_utc, snapshot_cron_hour_utc, 0, 23, PGC_USERSET, 0, nullptr,
                            nullptr, nullptr);
    DefineCustomIntVariable("pipeline_forecast.snapshot_cron_minute_utc",
                            "Minute of the daily forecast snapshot",
                            "schedule_pipeline_jobs() must be called again for a change to take effect.",
                            &snapshot_cron_minute_utc, snapshot_cron_minute_utc, 0, 59, PGC_USERSET, 0, nullptr,
                            nullptr, nullptr);
    DefineCustomIntVariable("pipeline_forecast.log_retention_days",
                            "Days for which operational records are kept",
                            "Concerns refresh_log, finished sync_log rows with their rejects, finished jobs, and the "
                            "run details of this extension's pg_cron jobs.",
                            &log_retention_days, log_retention_days, 1, 36500, PGC_USERSET, 0, nullptr, nullptr,
                            nullptr);
    DefineCustomIntVariable("pipeline_forecast.webhook_retention_days", "Days for which webhook events are kept",
                            "Pending ones are kept. For this long an event that is sent again is known.",
                            &webhook_retention_days, webhook_retention_days, 1, 36500, PGC_USERSET, 0, nullptr,
                            nullptr, nullptr);
    DefineCustomStringVariable("pipeline_forecast.currency", "Currency of all money, for example EUR",
                               "Named in requests to language models; no amount is ever converted. Empty: unknown.",
                               &currency, "", PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pipeline_forecast.llm_daily_calls",
                            "Calls to each language-model provider per day (UTC)",
                            "When they are spent, requests wait for the next day; 0 stops them.", &llm_daily_calls,
                            llm_daily_calls, 0, INT_MAX, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pipeline_forecast.llm_daily_tokens",
                            "Tokens, in and out, of each language-model provider per day (UTC)",
                            "When they are spent, requests wait for the next day; 0 stops them.", &llm_daily_tokens,
                            llm_daily_tokens, 0, INT_MAX, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pipeline_forecast.llm_attempt_limit",
                            "Failed requests after which the explanation of an analysis is given up",
                            "Counted anew when the inputs of the analysis change.", &llm_attempt_limit,
                            llm_attempt_limit, 1, 100, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomStringVariable("pipeline_forecast.statuses_without_value",
                               "Statuses of quotes that count nothing towards the value of their project",
                               "Separated by commas. After a change call derive_pipeline_values().",
                               &statuses_without_value, "Archived, Lost, Quoted - No Value, Won Closed", PGC_USERSET,
                               0, nullptr, nullptr, nullptr);
    DefineCustomStringVariable("pipeline_forecast.new_enquiry_reason",
                               "The reason for change that makes a quote a new enquiry",
                               "After a change call derive_pipeline_values().", &new_enquiry_reason, "New Enquiry",
                               PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pipeline_forecast.fiscal_year_start_month",
                            "Month with which the fiscal year begins, 1 to 12",
                            "Used by vw_dim_date; a fiscal year is named after the calendar year in which it ends.",
                            &fiscal_year_start_month, fiscal_year_start_month, 1, 12, PGC_USERSET, 0, nullptr, nullptr,
                            nullptr);
#if PG_VERSION_NUM >= 150000
    MarkGUCPrefixReserved("pipeline_forecast");
#else
    EmitWarningsOnPlaceholders("pipeline_forecast");
#endif
}

}  // namespace pipeline_forecast::pg

// current_setting() knows the settings only once the library is loaded; calling this function loads it.
PIPELINE_FUNCTION(pipeline_setting) {
    const char *name = psprintf("pipeline_forecast.%s", text_to_cstring(PG_GETARG_TEXT_PP(0)));
    const char *value = GetConfigOption(name, true, false);
    if (value == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("unrecognized setting \"%s\"", name),
                        errhint("SELECT name FROM pg_settings WHERE name LIKE 'pipeline\\_forecast.%%' lists them.")));
    }
    PG_RETURN_TEXT_P(cstring_to_text(value));
}
