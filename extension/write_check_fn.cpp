// The row triggers of projects and of their items: what no forecast and no report could hold is refused where it is
// written, with a message that names row and column, so that reading never fails; and the stage's rule and bucket of a
// project are set, so that the forecast joins and filters by equality.
#include "pg/guard.hpp"

#include <array>
#include <cstring>
#include <string_view>

#include "core/calendar.hpp"
#include "core/fixed_point.hpp"
#include "core/limits.hpp"
#include "pg/arguments.hpp"
#include "pg/numeric_codec.hpp"

namespace {

using namespace pipeline_forecast;

enum class Kind { kDay, kContractMoney, kMoney, kPercent, kGestation };

struct CheckedColumn {
    const char *name;
    Kind kind;
};

constexpr std::array kCheckedColumns{
    CheckedColumn{"date_created", Kind::kDay},
    CheckedColumn{"date_order_received", Kind::kDay},
    CheckedColumn{"expected_start_date", Kind::kDay},
    CheckedColumn{"follow_up_date", Kind::kDay},
    CheckedColumn{"first_date_designed", Kind::kDay},
    CheckedColumn{"last_date_designed", Kind::kDay},
    CheckedColumn{"first_date_invoiced", Kind::kDay},
    CheckedColumn{"last_date_invoiced", Kind::kDay},
    CheckedColumn{"total_order_value", Kind::kContractMoney},
    CheckedColumn{"new_enquiry_value", Kind::kContractMoney},
    CheckedColumn{"project_value", Kind::kMoney},
    CheckedColumn{"weighted_pipeline", Kind::kMoney},
    CheckedColumn{"total_amount_invoiced", Kind::kMoney},
    CheckedColumn{"probability_percent", Kind::kPercent},
    CheckedColumn{"gestation_period", Kind::kGestation},
};

constexpr std::size_t kRememberedStages = 32;

// The row of pipeline_stage that serves a stage.
struct StageRule {
    text *stage;
    text *bucket;
};

struct RememberedStage {
    text *stage;  // null: no stage
    StageRule rule;
};

// Lives as long as the statement: column numbers, and the rule of each stage that was looked up. A rule cannot change
// under a running statement, since an edit of pipeline_stage locks projects against writers.
struct StatementState {
    std::array<int, kCheckedColumns.size()> columns;
    int monday_id;
    int pipeline_stage;
    std::array<int, 2> rule_columns;  // stage_rule, stage_bucket
    std::size_t stage_count;
    std::array<RememberedStage, kRememberedStages> stages;
};

int column_number(TupleDesc descriptor, const char *name) {
    const int number = SPI_fnumber(descriptor, name);
    if (number <= 0) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("table \"projects\" has no column \"%s\"", name),
                        errhint("Call pipeline_setup() to migrate the table.")));
    }
    return number;
}

StatementState *statement_state(FunctionCallInfo fcinfo, TupleDesc descriptor) {
    if (fcinfo->flinfo->fn_extra == nullptr) {
        auto *state =
            static_cast<StatementState *>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(StatementState)));
        for (std::size_t i = 0; i < kCheckedColumns.size(); ++i) {
            state->columns[i] = column_number(descriptor, kCheckedColumns[i].name);
        }
        state->monday_id = column_number(descriptor, "monday_id");
        state->pipeline_stage = column_number(descriptor, "pipeline_stage");
        state->rule_columns = {column_number(descriptor, "stage_rule"), column_number(descriptor, "stage_bucket")};
        fcinfo->flinfo->fn_extra = state;
    }
    return static_cast<StatementState *>(fcinfo->flinfo->fn_extra);
}

struct Refusal {
    int sqlstate = 0;
    const char *problem = nullptr;
    const char *hint = nullptr;
};

Refusal check_day(Datum value) {
    const DateADT date = DatumGetDateADT(value);
    if (!DATE_NOT_FINITE(date) && is_plausible(pg::day_from_date(date))) return {};
    return {ERRCODE_DATETIME_FIELD_OVERFLOW, day_problem().c_str(), "Store NULL where the day is unknown."};
}

Refusal check_money(Datum value, bool is_contract) {
    if (numeric_is_nan(DatumGetNumeric(value))) {
        return {ERRCODE_INVALID_PARAMETER_VALUE, "is not a number", "Store NULL where the amount is unknown."};
    }
    const auto cents = pg::scaled_from_numeric(value, kMoneyScale);
    if (!is_contract || (cents && -kMoneyLimitCents < *cents && *cents < kMoneyLimitCents)) return {};
    return {ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, money_problem().c_str(),
            "The forecast holds contract values of at most fourteen digits before the point."};
}

Refusal check(Kind kind, Datum value) {
    switch (kind) {
        case Kind::kDay: return check_day(value);
        case Kind::kContractMoney: return check_money(value, true);
        case Kind::kMoney: return check_money(value, false);
        case Kind::kPercent: {
            const auto percent = pg::scaled_from_numeric(value, kPercentScale);
            if (percent && *percent >= 0 && *percent <= kHighestPercent * kRateOne.e5 / 100) return {};
            return {ERRCODE_INVALID_PARAMETER_VALUE, percent_problem().c_str(),
                    "Store NULL where nobody stated a probability."};
        }
        case Kind::kGestation: {
            const int days = DatumGetInt32(value);
            if (days >= 0 && days <= kLongestGestationDays) return {};
            return {ERRCODE_INVALID_PARAMETER_VALUE, gestation_problem().c_str(),
                    "Store NULL where the duration is unknown."};
        }
    }
    return {};
}

void check_values(const StatementState &state, HeapTuple row, TupleDesc descriptor) {
    for (std::size_t i = 0; i < kCheckedColumns.size(); ++i) {
        bool is_null = false;
        const Datum value = heap_getattr(row, state.columns[i], descriptor, &is_null);
        if (is_null) continue;
        const Refusal refusal = check(kCheckedColumns[i].kind, value);
        if (refusal.problem == nullptr) continue;
        ereport(ERROR, (errcode(refusal.sqlstate),
                        errmsg("%s of project \"%s\" %s", kCheckedColumns[i].name,
                               SPI_getvalue(row, descriptor, state.monday_id), refusal.problem),
                        errdetail("The value is %s.", SPI_getvalue(row, descriptor, state.columns[i])),
                        errhint("%s", refusal.hint)));
    }
}

// An id of nothing but blanks is that of nothing.
void require_id(HeapTuple row, TupleDesc descriptor, int id_column, const char *what) {
    bool is_null = false;
    const Datum id = heap_getattr(row, id_column, descriptor, &is_null);
    if (is_null) return;  // refused by the column
    const text *value = DatumGetTextPP(id);
    const std::string_view characters(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
    if (characters.find_first_not_of(" \t\r\n") != std::string_view::npos) return;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("monday_id of a %s must not be empty", what),
                    errhint("Give each its own id; everything else refers to it.")));
}

// Days and numbers of an item, whichever of its many columns they are in.
Refusal check_item_value(Oid type, Datum value) {
    if (type == DATEOID) return check_day(value);
    if (type == NUMERICOID && (numeric_is_nan(DatumGetNumeric(value)) || numeric_is_inf(DatumGetNumeric(value)))) {
        return {ERRCODE_INVALID_PARAMETER_VALUE, "is not a number", "Store NULL where the number is unknown."};
    }
    return {};
}

bool same_text(const text *left, const text *right) {
    return VARSIZE_ANY_EXHDR(left) == VARSIZE_ANY_EXHDR(right) &&
           std::memcmp(VARDATA_ANY(left), VARDATA_ANY(right), VARSIZE_ANY_EXHDR(left)) == 0;
}

// Asks stage_rule_of(), the one place that knows which rule serves a stage; the texts are made in `context`.
StageRule look_up_rule(text *stage, MemoryContext context) {
    constexpr const char *query = "SELECT r.stage, r.stage_bucket FROM pipeline_internal.stage_rule_of($1) r";
    Oid types[] = {TEXTOID};
    Datum values[] = {PointerGetDatum(stage)};
    const char nulls[] = {stage == nullptr ? 'n' : ' '};

    // The newest rules even where the transaction keeps seeing an older state (REPEATABLE READ).
    PushActiveSnapshot(GetLatestSnapshot());
    if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "could not connect to SPI");
    if (SPI_execute_with_args(query, 1, types, values, nulls, true, 1) != SPI_OK_SELECT || SPI_processed != 1) {
        elog(ERROR, "could not look up the rule of a stage");
    }
    bool is_null = false;
    HeapTuple found = SPI_tuptable->vals[0];
    const Datum rule = SPI_getbinval(found, SPI_tuptable->tupdesc, 1, &is_null);
    const Datum bucket = SPI_getbinval(found, SPI_tuptable->tupdesc, 2, &is_null);
    MemoryContext spi_context = MemoryContextSwitchTo(context);
    const StageRule kept{DatumGetTextPCopy(rule), DatumGetTextPCopy(bucket)};
    MemoryContextSwitchTo(spi_context);
    SPI_finish();
    PopActiveSnapshot();
    return kept;
}

StageRule rule_of(StatementState &state, FunctionCallInfo fcinfo, Relation projects, text *stage) {
    for (std::size_t i = 0; i < state.stage_count; ++i) {
        const text *known = state.stages[i].stage;
        if (stage == nullptr ? known == nullptr : known != nullptr && same_text(known, stage)) {
            return state.stages[i].rule;
        }
    }
    MemoryContext statement_context = fcinfo->flinfo->fn_mcxt;
    const StageRule rule = look_up_rule(stage, statement_context);
    if (state.stage_count < kRememberedStages) {
        MemoryContext caller_context = MemoryContextSwitchTo(statement_context);
        text *kept_stage = stage == nullptr ? nullptr : DatumGetTextPCopy(PointerGetDatum(stage));
        MemoryContextSwitchTo(caller_context);
        state.stages[state.stage_count++] = {kept_stage, rule};
    }
    return rule;
}

bool holds(HeapTuple row, TupleDesc descriptor, int column, const text *expected) {
    bool is_null = false;
    const Datum stored = heap_getattr(row, column, descriptor, &is_null);
    return !is_null && same_text(DatumGetTextPP(stored), expected);
}

}  // namespace

PIPELINE_FUNCTION(pipeline_check_project_row) {
    if (!CALLED_AS_TRIGGER(fcinfo)) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("function is the row trigger of projects"), errhint("pipeline_setup() installs it.")));
    }
    auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    HeapTuple row = is_update ? trigger->tg_newtuple : trigger->tg_trigtuple;
    TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
    StatementState *state = statement_state(fcinfo, descriptor);

    bool is_null = false;
    if (is_update) {
        const text *former_id =
            DatumGetTextPP(heap_getattr(trigger->tg_trigtuple, state->monday_id, descriptor, &is_null));
        const Datum id = heap_getattr(row, state->monday_id, descriptor, &is_null);
        if (!is_null && !same_text(former_id, DatumGetTextPP(id))) {
            ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                            errmsg("monday_id of project \"%s\" cannot change",
                                   SPI_getvalue(trigger->tg_trigtuple, descriptor, state->monday_id)),
                            errhint("History and snapshots refer to it; set the state of this project to deleted and "
                                    "insert a new one.")));
        }
    }
    require_id(row, descriptor, state->monday_id, "project");
    check_values(*state, row, descriptor);

    const Datum stage = heap_getattr(row, state->pipeline_stage, descriptor, &is_null);
    const StageRule rule = rule_of(*state, fcinfo, trigger->tg_relation, is_null ? nullptr : DatumGetTextPP(stage));
    if (holds(row, descriptor, state->rule_columns[0], rule.stage) &&
        holds(row, descriptor, state->rule_columns[1], rule.bucket)) {
        PG_RETURN_POINTER(row);
    }
    Datum values[] = {PointerGetDatum(rule.stage), PointerGetDatum(rule.bucket)};
    bool nulls[] = {false, false};
    PG_RETURN_POINTER(heap_modify_tuple_by_cols(row, descriptor, 2, state->rule_columns.data(), values, nulls));
}

PIPELINE_FUNCTION(pipeline_check_item_row) {
    if (!CALLED_AS_TRIGGER(fcinfo)) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("function is the row trigger of subitems and hidden_items"),
                        errhint("pipeline_setup() installs it.")));
    }
    auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    HeapTuple row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
    TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
    const char *table = RelationGetRelationName(trigger->tg_relation);
    const int id_column = SPI_fnumber(descriptor, "monday_id");
    require_id(row, descriptor, id_column, std::strcmp(table, "subitems") == 0 ? "subitem" : "hidden item");
    for (int column = 1; column <= descriptor->natts; ++column) {
        const FormData_pg_attribute *attribute = TupleDescAttr(descriptor, column - 1);
        if (attribute->attisdropped || (attribute->atttypid != DATEOID && attribute->atttypid != NUMERICOID)) continue;
        bool is_null = false;
        const Datum value = heap_getattr(row, column, descriptor, &is_null);
        if (is_null) continue;
        const Refusal refusal = check_item_value(attribute->atttypid, value);
        if (refusal.problem == nullptr) continue;
        ereport(ERROR,
                (errcode(refusal.sqlstate),
                 errmsg("%s of item \"%s\" of %s %s", NameStr(attribute->attname),
                        SPI_getvalue(row, descriptor, id_column), table, refusal.problem),
                 errdetail("The value is %s.", SPI_getvalue(row, descriptor, column)), errhint("%s", refusal.hint)));
    }
    PG_RETURN_POINTER(row);
}
