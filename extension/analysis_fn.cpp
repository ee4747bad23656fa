// SQL shells of the numeric analysis: all projects, some, or one with everything that went into its numbers.
#include "pg/guard.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/analysis_report.hpp"
#include "core/input_error.hpp"
#include "pg/analysis_source.hpp"
#include "pg/arguments.hpp"
#include "pg/json.hpp"
#include "pg/numeric_codec.hpp"
#include "pg/result_set.hpp"

namespace {

using namespace pipeline_forecast;
using analysis::Analysis;
using analysis::Engine;

// What the caller asked for, in plain values: read before any C++ object is alive.
struct Request {
    const char *schema;  // of the function, quoted
    Datum *ids;          // null: every project
    int id_count;
    TimestampTz as_of;
    bool reads_history;
};

constexpr std::int64_t kMicrosecondsPerDay = 86'400'000'000;

Request read_request(FunctionCallInfo fcinfo) {
    Request request{};
    request.schema = quote_identifier(get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)));
    if (!PG_ARGISNULL(0)) {
        deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &request.ids, nullptr,
                          &request.id_count);
    }
    request.as_of = PG_GETARG_TIMESTAMPTZ(1);
    request.reads_history = PG_GETARG_BOOL(2);
    if (TIMESTAMP_NOT_FINITE(request.as_of)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_FIELD_OVERFLOW), errmsg("as_of must be a finite moment"),
                        errhint("Leave the argument out to analyse as of now.")));
    }
    return request;
}

std::string text_of(Datum value) {
    const auto *packed = reinterpret_cast<const text *>(DatumGetPointer(value));
    return {VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed)};
}

analysis::Moment moment_of(TimestampTz timestamp) {
    std::int64_t days = timestamp / kMicrosecondsPerDay;
    std::int64_t rest = timestamp % kMicrosecondsPerDay;
    if (rest < 0) {
        --days;
        rest += kMicrosecondsPerDay;
    }
    return {pg::day_from_date(static_cast<DateADT>(days)),
            static_cast<double>(rest) / static_cast<double>(kMicrosecondsPerDay)};
}

pg::AnalysisSource source_of(const Request &request) {
    return {request.schema, request.reads_history ? std::optional(request.as_of) : std::nullopt};
}

// A row of _analyze(): texts are made before and freed after the calls into the server that read them.
struct ResultRow {
    std::string_view id;
    const Analysis &found;
    std::string filter;
    std::string hash;
};

void put_row(const pg::ResultSet &result, const ResultRow &row) {
    constexpr int kColumns = 17;
    Datum values[kColumns] = {};
    bool nulls[kColumns] = {};
    int column = 0;
    const auto put = [&](Datum value) { values[column++] = value; };
    const auto put_null = [&] { nulls[column++] = true; };
    const auto put_rate = [&](std::optional<double> rate) {
        rate ? put(pg::rate_datum(stored_rate(*rate))) : put_null();
    };
    const auto put_percent = [&](double share) { put(pg::numeric_from_scaled(std::llround(share * 100), 2)); };
    const auto put_count = [&](std::size_t count) { put(Int32GetDatum(static_cast<int>(count))); };
    const Analysis &found = row.found;
    const auto &days = found.gestation.statistics;

    put(pg::text_datum(row.id));
    put(Int32GetDatum(found.segment.tier));
    put(pg::text_datum(row.filter));
    put_count(found.segment.segment_size);
    days ? put(Int32GetDatum(days->median)) : put_null();
    put_percent(found.gestation.confidence);
    days ? put(Int32GetDatum(days->p25)) : put_null();
    days ? put(Int32GetDatum(days->p75)) : put_null();
    put_rate(found.inclusive.rate);
    put_percent(found.inclusive.confidence);
    put_rate(found.closed_only.rate);
    put_count(found.outcomes.won);
    put_count(found.outcomes.lost);
    put_count(found.outcomes.open);
    found.mean_value_cents ? put(pg::numeric_from_scaled(std::llround(*found.mean_value_cents), 2)) : put_null();
    put(Int32GetDatum(found.rating.score));
    put(pg::text_datum(row.hash));
    tuplestore_putvalues(result.rows, result.descriptor, values, nulls);
}

void store(const pg::ResultSet &result, MemoryContext row_context, std::string_view id, const Analysis &found,
           const Fingerprint &own) {
    const ResultRow row{id, found, filter_names(found.segment.filter), input_hash(own, found)};
    pg::pg_call([&] {
        MemoryContext caller_context = MemoryContextSwitchTo(row_context);
        put_row(result, row);
        MemoryContextSwitchTo(caller_context);
        MemoryContextReset(row_context);
    });
}

// The projects of one target's segment, as few as the rules allow: a narrow tier that has enough of them needs no
// other, a wide one needs all.
template <typename UseEngine>
void with_engine_for(const pg::AnalysisSource &source, const pg::AnalysisTarget &target, analysis::Moment as_of,
                     UseEngine &&use) {
    for (int tier = analysis::kNarrowestTier; tier < analysis::kGlobalTier - 1; ++tier) {
        const pg::AnalysisProjects projects = source.read_segment(target, tier);
        Engine engine(projects.set, as_of);
        const analysis::SegmentChoice choice = engine.select(target.row());
        if (choice.tier <= tier && !choice.reads_global) return use(engine);
    }
    const pg::AnalysisProjects projects = source.read_all();
    Engine engine(projects.set, as_of);
    use(engine);
}

[[noreturn]] void refuse_unknown(const std::string &id) {
    throw InputError("P0002", "unknown project \"" + id + "\"",
                     "Name the monday_id of an active project; archived and deleted projects are not analysed.");
}

// The rating knows no credit notes: a negative value would count as the largest possible share.
void require_analysable(const pg::AnalysisTarget &target) {
    if (target.new_enquiry_value && target.new_enquiry_value->cents < 0) {
        throw InputError(kInvalidParameter, "new_enquiry_value of project \"" + target.id + "\" is negative",
                         "An enquiry value is zero or more; store NULL where it is unknown.");
    }
    if (target.gestation_period && *target.gestation_period < 0) {
        throw InputError(kInvalidParameter, "gestation_period of project \"" + target.id + "\" is negative",
                         "A duration is zero or more; store NULL where it is unknown.");
    }
}

pg::AnalysisTarget require_target(const pg::AnalysisSource &source, const std::string &id) {
    std::optional<pg::AnalysisTarget> target = source.read_target(id);
    if (!target) refuse_unknown(id);
    require_analysable(*target);
    return *std::move(target);
}

bool is_analysable(const analysis::CodedProject &project) {
    return (!project.new_enquiry_value || project.new_enquiry_value->cents >= 0) &&
           (!project.gestation_period || *project.gestation_period >= 0);
}

void analyze_one(const Request &request, const pg::ResultSet &result, MemoryContext row_context,
                 const std::string &id) {
    const pg::AnalysisSource source = source_of(request);
    const pg::AnalysisTarget target = require_target(source, id);
    with_engine_for(source, target, moment_of(request.as_of), [&](Engine &engine) {
        store(result, row_context, target.id, engine.analyze(target.row()), target.fingerprint);
    });
}

void analyze_named(const Request &request, const pg::ResultSet &result, MemoryContext row_context) {
    const pg::AnalysisSource source = source_of(request);
    const pg::AnalysisProjects projects = source.read_all();
    Engine engine(projects.set, moment_of(request.as_of));
    std::unordered_map<std::string_view, std::size_t> rows;
    for (std::size_t row = 0; row < projects.set.size(); ++row) rows.emplace(projects.set.id(row), row);
    std::unordered_map<std::string, bool> done;
    for (int i = 0; i < request.id_count; ++i) {
        const std::string id = text_of(request.ids[i]);
        if (!done.emplace(id, true).second) continue;
        const auto found = rows.find(id);
        if (found == rows.end()) refuse_unknown(id);
        if (!is_analysable(projects.set[found->second])) require_target(source, id);
        store(result, row_context, id, engine.analyze(found->second), projects.fingerprints[found->second]);
    }
}

// Projects whose own values are out of range are left as they are; one of them must not keep the others from being
// analysed.
void analyze_all(const Request &request, const pg::ResultSet &result, MemoryContext row_context) {
    const pg::AnalysisProjects projects = source_of(request).read_all();
    Engine engine(projects.set, moment_of(request.as_of));
    for (std::size_t row = 0; row < projects.set.size(); ++row) {
        if (!is_analysable(projects.set[row])) continue;
        store(result, row_context, projects.set.id(row), engine.analyze(row), projects.fingerprints[row]);
    }
}

}  // namespace

// project_ids, as_of, reads_history -> one row per project, in no order
PIPELINE_FUNCTION(pipeline_analyze) {
    const Request request = read_request(fcinfo);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    MemoryContext row_context =
        AllocSetContextCreate(CurrentMemoryContext, "pipeline_forecast analysis row", ALLOCSET_SMALL_SIZES);
    if (request.ids == nullptr) {
        analyze_all(request, result, row_context);
    } else if (request.id_count == 1) {
        analyze_one(request, result, row_context, text_of(request.ids[0]));
    } else {
        analyze_named(request, result, row_context);
    }
    return Datum{0};
}

// project_ids (exactly one), as_of, reads_history -> {"steps": [...], "segment": {...}}
PIPELINE_FUNCTION(pipeline_analysis_detail) {
    const Request request = read_request(fcinfo);
    const pg::AnalysisSource source = source_of(request);
    const pg::AnalysisTarget target = require_target(source, text_of(request.ids[0]));
    nlohmann::json detail;
    with_engine_for(source, target, moment_of(request.as_of), [&](Engine &engine) {
        const Analysis found = engine.analyze(target.row());
        nlohmann::json steps = nlohmann::json::array();
        for (const AnalysisStep &step : explain(target.row(), found, engine.weighting())) {
            steps.push_back({{"step", step.step}, {"detail", step.detail}, {"value", step.value}});
        }
        detail = {{"steps", steps}, {"segment", segment_statistics(target.row(), found, engine.weighting())}};
    });
    return pg::jsonb_datum(detail);
}
