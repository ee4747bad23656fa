// SQL shells of the numeric analysis: all projects, some, or one with everything that went into its numbers.
#include "pg/guard.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "core/analysis/mixer.hpp"
#include "core/analysis_explanation.hpp"
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
using analysis::OneProject;
using analysis::ProjectRow;

// What the caller asked for, in plain values: read before any C++ object is alive.
struct Request {
    Datum *ids;  // null: every project
    int id_count;
    TimestampTz as_of;
    bool reads_history;
};

// Up to so many projects, a pass over the digest for each is faster than reading all projects once.
constexpr std::size_t kFewProjects = 20;

constexpr std::int64_t kMicrosecondsPerDay = 86'400'000'000;

Request read_request(FunctionCallInfo fcinfo) {
    Request request{};
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
    return pg::AnalysisSource(request.reads_history ? std::optional(request.as_of) : std::nullopt);
}

// A jsonb object under construction. Calls the server, so it belongs into a guarded function; it has no destructor.
class JsonObject {
public:
    JsonObject() { pushJsonbValue(&state_, WJB_BEGIN_OBJECT, nullptr); }

    void add(std::string_view name, std::string_view text) { add(name, string_value(text)); }
    void add(std::string_view name, std::optional<std::int64_t> scaled, int scale = 0) {
        JsonbValue value{};
        value.type = scaled ? jbvNumeric : jbvNull;
        if (scaled) value.val.numeric = DatumGetNumeric(pg::numeric_from_scaled(*scaled, scale));
        add(name, value);
    }
    void begin(std::string_view name) {
        push(WJB_KEY, string_value(name));
        pushJsonbValue(&state_, WJB_BEGIN_OBJECT, nullptr);
    }
    JsonbValue *end() { return pushJsonbValue(&state_, WJB_END_OBJECT, nullptr); }

private:
    static JsonbValue string_value(std::string_view text) {
        JsonbValue value{};
        value.type = jbvString;
        value.val.string.val = const_cast<char *>(text.data());
        value.val.string.len = static_cast<int>(text.size());
        return value;
    }
    void add(std::string_view name, JsonbValue value) {
        push(WJB_KEY, string_value(name));
        push(WJB_VALUE, value);
    }
    void push(JsonbIteratorToken token, JsonbValue value) { pushJsonbValue(&state_, token, &value); }

    JsonbParseState *state_ = nullptr;
};

// {"cluster": ..., "metrics_used": {...}}, the same for all projects of a segment and tier. Lives in `lasting`, is
// worked out in `scratch`.
Datum make_reasoning(const ProjectRow &project, const Analysis &found, MemoryContext lasting, MemoryContext scratch) {
    using Scaled = std::optional<std::int64_t>;
    const std::string filter = filter_text(project, found.segment.filter);
    const auto &days = found.gestation.statistics;
    const auto &closed_rate = found.closed_only.rate;
    const auto &mean_cents = found.mean_value_cents;
    return pg::pg_call([&] {
        MemoryContext caller_context = MemoryContextSwitchTo(scratch);
        JsonObject object;
        object.add("cluster", filter.empty() ? "global" : std::string_view(filter));
        object.begin("metrics_used");
        object.add("win_rate_inclusive", stored_rate(found.inclusive.rate.value_or(analysis::kEvenOdds)).e5,
                   kRateScale);
        object.add("win_rate_closed", closed_rate ? Scaled(stored_rate(*closed_rate).e5) : Scaled(), kRateScale);
        object.add("gestation_median", days ? Scaled(days->median) : Scaled());
        object.add("gestation_p25", days ? Scaled(days->p25) : Scaled());
        object.add("gestation_p75", days ? Scaled(days->p75) : Scaled());
        object.add("segment_n", static_cast<std::int64_t>(found.segment.segment_size));
        object.add("tier", found.segment.tier);
        object.add("wins", static_cast<std::int64_t>(found.outcomes.won));
        object.add("losses", static_cast<std::int64_t>(found.outcomes.lost));
        object.add("open", static_cast<std::int64_t>(found.outcomes.open));
        object.add("mean_value", mean_cents ? Scaled(std::llround(*mean_cents)) : Scaled(), kMoneyScale);
        object.end();
        const Jsonb *made = JsonbValueToJsonb(object.end());
        void *kept = MemoryContextAlloc(lasting, VARSIZE(made));
        std::memcpy(kept, made, VARSIZE(made));
        MemoryContextSwitchTo(caller_context);
        MemoryContextReset(scratch);
        return PointerGetDatum(kept);
    });
}

// The rows of one call of compute_analyses().
class ResultRows {
public:
    // Makes memory contexts: no object with a destructor may be alive yet.
    explicit ResultRows(FunctionCallInfo fcinfo)
        : result_(pg::begin_result_set(fcinfo)),
          row_context_(
              AllocSetContextCreate(CurrentMemoryContext, "pipeline_forecast analysis row", ALLOCSET_SMALL_SIZES)),
          segment_context_(
              AllocSetContextCreate(CurrentMemoryContext, "pipeline_forecast segments", ALLOCSET_DEFAULT_SIZES)) {}

    // Number `row` of a set that is analysed as a whole: what its segment shares is made once.
    void add(const analysis::ProjectSet &projects, std::size_t row, const Analysis &found, const Fingerprint &own) {
        SegmentId segment{static_cast<std::uint32_t>(found.segment.tier)};
        for (const analysis::Field field : analysis::kFields) {
            if (!found.segment.filter.contains(field)) continue;
            segment[1 + static_cast<std::size_t>(field)] = projects[row].key.code(field);
        }
        auto known = reasoning_.find(segment);
        if (known == reasoning_.end()) {
            const Datum made = make_reasoning(projects.row(row), found, segment_context_, row_context_);
            known = reasoning_.emplace(segment, made).first;
        }
        put(projects.id(row), found, own, known->second);
    }

    void add(const ProjectRow &project, const Analysis &found, const Fingerprint &own) {
        put(project.id, found, own, make_reasoning(project, found, segment_context_, row_context_));
    }

private:
    // The tier, and the codes of the fields that it is filtered by.
    using SegmentId = std::array<std::uint32_t, 1 + analysis::kFields.size()>;

    struct HashOfSegmentId {
        std::size_t operator()(const SegmentId &segment) const noexcept {
            analysis::Mixer mixer;
            for (const std::uint32_t part : segment) mixer.add(std::uint64_t{part});
            return mixer.value();
        }
    };

    void put(std::string_view id, const Analysis &found, const Fingerprint &own, Datum reasoning) {
        const std::string hash = input_hash(own, found);
        pg::pg_call([&] {
            MemoryContext caller_context = MemoryContextSwitchTo(row_context_);
            CHECK_FOR_INTERRUPTS();
            put_columns(id, found, hash, reasoning);
            MemoryContextSwitchTo(caller_context);
            MemoryContextReset(row_context_);
        });
    }

    void put_columns(std::string_view id, const Analysis &found, std::string_view hash, Datum reasoning) {
        constexpr int kColumns = 8;
        const auto percent = [](double share) { return pg::numeric_from_scaled(std::llround(share * 100), 2); };
        const auto &days = found.gestation.statistics;
        const auto &rate = found.inclusive.rate;
        Datum values[kColumns] = {
            pg::text_datum(id),
            Int32GetDatum(days ? days->median : 0),
            percent(found.gestation.confidence),
            rate ? pg::rate_datum(stored_rate(*rate)) : Datum{0},
            percent(found.inclusive.confidence),
            Int32GetDatum(found.rating.score),
            reasoning,
            pg::text_datum(hash),
        };
        bool nulls[kColumns] = {false, !days, false, !rate};
        tuplestore_putvalues(result_.rows, result_.descriptor, values, nulls);
    }

    pg::ResultSet result_;
    MemoryContext row_context_;
    MemoryContext segment_context_;
    std::unordered_map<SegmentId, Datum, HashOfSegmentId> reasoning_;
};

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

// Analyses projects one after the other, out of a digest that is read once.
class FewProjects {
public:
    FewProjects(const Request &request, const pg::AnalysisSource &source)
        : source_(source), as_of_(moment_of(request.as_of)), digest_(source.kept_digest()) {}

    Analysis analyze(const pg::AnalysisTarget &target) {
        OneProject found = analyze_one(target.row(), digest_.pieces, digest_.stages, as_of_);
        if (!found.is_counted) {
            // Projects were written without their triggers, or not all are visible: the digest is not theirs.
            digest_ = source_.computed_digest();
            found = analyze_one(target.row(), digest_.pieces, digest_.stages, as_of_);
        }
        return found.analysis;
    }

private:
    const pg::AnalysisSource &source_;
    const analysis::Moment as_of_;
    pg::AnalysisDigest digest_;
};

// Each id once, in the order of the request.
std::vector<std::string> ids_of(const Request &request) {
    std::vector<std::string> ids;
    std::unordered_set<std::string> seen;
    for (int i = 0; i < request.id_count; ++i) {
        std::string id = text_of(request.ids[i]);
        if (seen.insert(id).second) ids.push_back(std::move(id));
    }
    return ids;
}

void analyze_few(const Request &request, ResultRows &result, const std::vector<std::string> &ids) {
    const pg::AnalysisSource source = source_of(request);
    FewProjects projects(request, source);
    for (const std::string &id : ids) {
        const pg::AnalysisTarget target = require_target(source, id);
        result.add(target.row(), projects.analyze(target), target.fingerprint);
    }
}

void analyze_many(const Request &request, ResultRows &result, const std::vector<std::string> &ids) {
    const pg::AnalysisSource source = source_of(request);
    const pg::AnalysisProjects projects = source.read_all();
    Engine engine(projects.set, moment_of(request.as_of));
    std::unordered_map<std::string_view, std::size_t> rows;
    for (std::size_t row = 0; row < projects.set.size(); ++row) rows.emplace(projects.set.id(row), row);
    for (const std::string &id : ids) {
        const auto found = rows.find(id);
        if (found == rows.end()) refuse_unknown(id);
        const std::size_t row = found->second;
        if (!is_analysable(projects.set[row])) require_target(source, id);
        result.add(projects.set, row, engine.analyze(row), projects.fingerprints[row]);
    }
}

// Projects whose own values are out of range are left as they are; one of them must not keep the others from being
// analysed.
void analyze_all(const Request &request, ResultRows &result) {
    const pg::AnalysisSource source = source_of(request);
    const pg::AnalysisProjects projects = source.read_all();
    if (!request.reads_history) source.repair_digest(projects.set);
    Engine engine(projects.set, moment_of(request.as_of));
    // In the order of the index that the results are stored by: each lands beside the one before.
    analysis::for_each_project(projects.set, projects.set.rows_by_id(), [&](std::uint32_t row, const auto &project) {
        if (is_analysable(project)) result.add(projects.set, row, engine.analyze(row), projects.fingerprints[row]);
    });
}

}  // namespace

// project_ids, as_of, reads_history -> one row per project, in no order
PIPELINE_FUNCTION(pipeline_analyze) {
    const Request request = read_request(fcinfo);
    ResultRows result(fcinfo);
    if (request.ids == nullptr) {
        analyze_all(request, result);
        return Datum{0};
    }
    const std::vector<std::string> ids = ids_of(request);
    if (ids.size() <= kFewProjects) {
        analyze_few(request, result, ids);
    } else {
        analyze_many(request, result, ids);
    }
    return Datum{0};
}

PIPELINE_FUNCTION(pipeline_analysis_version) { return pg::text_datum(kAnalysisVersion); }

// project_ids (exactly one), as_of, reads_history -> {"steps": [...], "segment": {...}}
PIPELINE_FUNCTION(pipeline_analysis_detail) {
    const Request request = read_request(fcinfo);
    const pg::AnalysisSource source = source_of(request);
    const pg::AnalysisTarget target = require_target(source, text_of(request.ids[0]));
    const Analysis found = FewProjects(request, source).analyze(target);
    nlohmann::json steps = nlohmann::json::array();
    for (const AnalysisStep &step : explain(target.row(), found)) {
        steps.push_back({{"step", step.step}, {"detail", step.detail}, {"value", step.value}});
    }
    return pg::jsonb_datum({{"steps", steps}, {"segment", segment_statistics(target.row(), found)}});
}
