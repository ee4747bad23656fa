#include "pg/json.hpp"

#include <nlohmann/json.hpp>

namespace pipeline_forecast::pg {

Datum jsonb_datum(const nlohmann::json &document) {
    const std::string text = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    // The text is alive while the server parses it, so its errors have to come back as exceptions.
    return pg_call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.c_str())); });
}

}  // namespace pipeline_forecast::pg
