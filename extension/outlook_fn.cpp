// The SQL shell of a run of the outlook.
#include "pg/guard.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/outlook/explanation.hpp"
#include "core/outlook/factor_kind.hpp"
#include "core/outlook/horizon.hpp"
#include "core/outlook/outlook.hpp"
#include "pg/arguments.hpp"
#include "pg/json.hpp"
#include "pg/outlook_document.hpp"
#include "pg/outlook_source.hpp"
#include "pg/result_set.hpp"

namespace {

using namespace pipeline_forecast;
using outlook::ProjectForecast;

Datum integer_array(const int *numbers, std::size_t count) {
    auto *elements = static_cast<Datum *>(palloc(sizeof(Datum) * count));
    for (std::size_t i = 0; i < count; ++i) elements[i] = Int32GetDatum(numbers[i]);
    return PointerGetDatum(
        construct_array(elements, static_cast<int>(count), INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

// The rows of one run: first the document with all but the projects, then a row for each project.
class OutlookRows {
public:
    // Makes a memory context: no object with a destructor may be alive yet.
    explicit OutlookRows(FunctionCallInfo fcinfo)
        : result_(pg::begin_result_set(fcinfo)),
          row_context_(
              AllocSetContextCreate(CurrentMemoryContext, "pipeline_forecast outlook row", ALLOCSET_SMALL_SIZES)) {}

    void add(const nlohmann::json &document, const std::string &hash) {
        const Datum made = pg::jsonb_datum(document);
        put([&](Datum *values, bool *nulls) {
            values[0] = made;
            values[1] = pg::text_datum(hash);
            std::fill_n(nulls, 2, false);
        });
    }

    void add(std::string_view id, const ProjectForecast &project, const outlook::Explanation &reasons,
             const std::array<int, outlook::kFactors> &groups) {
        put([&](Datum *values, bool *nulls) {
            std::fill_n(nulls + 2, kColumns - 2, false);
            values[2] = pg::text_datum(id);
            values[3] = Float8GetDatum(project.p_won);
            values[4] = Float8GetDatum(project.later);
            values[5] = Float8GetDatum(project.lost);
            values[6] = Float8GetDatum(project.value);
            values[7] = pg::number_array(project.won.data(), project.won.size());
            values[8] = pg::number_array(reasons.data(), reasons.size());
            values[9] = integer_array(groups.data(), groups.size());
        });
    }

private:
    static constexpr int kColumns = 10;

    template <typename Fill>
    void put(Fill fill) {
        pg::pg_call([&] {
            MemoryContext caller_context = MemoryContextSwitchTo(row_context_);
            CHECK_FOR_INTERRUPTS();
            Datum values[kColumns] = {};
            bool nulls[kColumns];
            std::fill_n(nulls, kColumns, true);
            fill(values, nulls);
            tuplestore_putvalues(result_.rows, result_.descriptor, values, nulls);
            MemoryContextSwitchTo(caller_context);
            MemoryContextReset(row_context_);
        });
    }

    pg::ResultSet result_;
    MemoryContext row_context_;
};

std::array<int, outlook::kFactors> groups_of(const outlook::OpenProject &project, double origin) {
    std::array<int, outlook::kFactors> groups{};
    for (const outlook::FactorKind kind : outlook::kFactorKinds) {
        groups[static_cast<std::size_t>(kind)] = static_cast<int>(outlook::group_of(kind, project, origin));
    }
    return groups;
}

void compute(OutlookRows &rows, TimestampTz as_of, const outlook::Settings &settings) {
    const outlook::History history = pg::read_outlook_history(as_of);
    const pg::OutlookRecord record = pg::read_outlook_record(as_of);
    const outlook::Result result =
        outlook::run(history, {.moment = pg::outlook_moment(as_of)}, settings, record.forecasts);
    rows.add(pg::outlook_document(history, settings, result, record),
             pg::outlook_input_hash(history, record.forecasts, settings.blend));
    const outlook::Explainer explainer(result.model, result.horizon);
    for (const ProjectForecast &project : result.projects) {
        rows.add(history.id(project.facts.project), project, explainer.explain(project.facts),
                 groups_of(project.facts, result.horizon.origin));
    }
}

}  // namespace

// as_of, blend -> (document, input_hash) of the run, then a row for each open project
PIPELINE_FUNCTION(pipeline_compute_outlook) {
    const TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(0);
    OutlookRows rows(fcinfo);
    outlook::Settings settings;
    settings.blend = PG_GETARG_BOOL(1);
    compute(rows, as_of, settings);
    return Datum{0};
}

// Returns the names of the steps of an explanation, in their order.
PIPELINE_FUNCTION(pipeline_outlook_reasons) {
    Datum names[outlook::kReasons];
    for (std::size_t i = 0; i < outlook::kReasons; ++i) {
        names[i] = pg::text_datum(outlook::reason_name(static_cast<outlook::Reason>(i)));
    }
    return PointerGetDatum(
        construct_array(names, static_cast<int>(outlook::kReasons), TEXTOID, -1, false, TYPALIGN_INT));
}

// Returns the names of the factors, in the order of outlook_project.groups.
PIPELINE_FUNCTION(pipeline_outlook_factors) {
    Datum names[outlook::kFactors];
    for (std::size_t i = 0; i < outlook::kFactors; ++i) {
        names[i] = pg::text_datum(outlook::factor_name(outlook::kFactorKinds[i]));
    }
    return PointerGetDatum(
        construct_array(names, static_cast<int>(outlook::kFactors), TEXTOID, -1, false, TYPALIGN_INT));
}
