// SQL shell of the inference: the values of a query, and what its columns hold.
#include "pg/guard.hpp"

#include <nlohmann/json.hpp>

#include "core/import/column_report.hpp"
#include "pg/arguments.hpp"
#include "pg/infer_columns.hpp"
#include "pg/json.hpp"

namespace {

using namespace pipeline_forecast;

}  // namespace

// query, for each of its columns whether it is a text in the source -> a list of reports, one for each column
PIPELINE_FUNCTION(pipeline_infer_columns) {
    const std::string_view query = pg::text_argument(fcinfo, 0);
    const std::vector<bool> is_text = pg::boolean_list_argument(fcinfo, 1);
    const std::vector<ColumnInference> columns = pg::infer_columns(std::string(query), is_text.size());
    const std::optional<char> mark = mark_of_file(columns, is_text);
    nlohmann::json reports = nlohmann::json::array();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        // What is no text is written by the server.
        reports.push_back(column_report(columns[i].result(is_text[i] ? mark : '.')));
    }
    return pg::jsonb_datum(reports);
}
