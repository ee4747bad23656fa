// SQL shells of the recognition of titles and labels.
#include "pg/guard.hpp"

#include <nlohmann/json.hpp>

#include "core/input_error.hpp"
#include "core/monday/json_member.hpp"
#include "core/recognition/field_titles.hpp"
#include "core/recognition/stage_words.hpp"
#include "pg/arguments.hpp"
#include "pg/result_set.hpp"

namespace {

using namespace pipeline_forecast;
using nlohmann::json;

Datum percent_datum(int percent) { return pg::rate_datum(Rate{percent * (kRateOne.e5 / 100)}); }

void put_stage(const pg::ResultSet &result, std::string_view label, const StageProposal &stage) {
    pg::pg_call([&] {
        Datum values[] = {pg::text_datum(label), pg::text_datum(kBucketNames[static_cast<std::size_t>(stage.bucket)]),
                          percent_datum(stage.probability_percent), pg::text_datum(to_string(stage.outcome)),
                          pg::text_datum(stage.reason)};
        bool nulls[] = {false, false, false, false, false};
        tuplestore_putvalues(result.rows, result.descriptor, values, nulls);
    });
}

}  // namespace

// title, kind of the column -> the fields it may hold, the best first
PIPELINE_FUNCTION(pipeline_recognise_field) {
    const std::string_view title = pg::text_argument(fcinfo, 0);
    const std::string_view kind = pg::text_argument(fcinfo, 1);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    for (const FieldCandidate &candidate : recognise_field(title, content_of_kind(kind))) {
        pg::pg_call([&] {
            Datum values[] = {pg::text_datum(candidate.field), Int32GetDatum(static_cast<int>(candidate.rank)),
                              pg::text_datum(to_string(candidate.rank))};
            bool nulls[] = {false, false, false};
            tuplestore_putvalues(result.rows, result.descriptor, values, nulls);
        });
    }
    return Datum{0};
}

// label -> at most one row
PIPELINE_FUNCTION(pipeline_recognise_stage) {
    const std::string_view label = pg::text_argument(fcinfo, 0);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    const std::optional<StageProposal> stage = recognise_stage(label);
    if (stage) put_stage(result, label, *stage);
    return Datum{0};
}

// [{"label", "is_done"}] in their order -> one row each
PIPELINE_FUNCTION(pipeline_propose_stages) {
    const std::string_view list = pg::jsonb_argument(fcinfo, 0);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    std::vector<StageLabel> labels;
    for (const json &each : json::parse(list)) {
        const json &text = monday::member(each, "label");
        if (!text.is_string()) continue;
        labels.push_back({text.get<std::string>(), monday::member(each, "is_done") == json(true)});
    }
    const std::vector<StageProposal> proposals = propose_stages(labels);
    for (std::size_t i = 0; i < labels.size(); ++i) put_stage(result, labels[i].text, proposals[i]);
    return Datum{0};
}
