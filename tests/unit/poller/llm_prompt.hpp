// A prompt with the schema that the database sends, for the tests of the dialects.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "poller/llm/dialect.hpp"

namespace poller::llm {

// From the source of llm_answer_schema(), so that the rules of the providers are tested on what is really sent.
inline nlohmann::ordered_json answer_schema() {
    std::ifstream file(PIPELINE_LLM_SQL);
    std::stringstream text;
    text << file.rdbuf();
    const std::string source = text.str();
    const std::size_t function = source.find("FUNCTION pipeline_internal.llm_answer_schema()");
    const std::size_t begin = source.find("SELECT '{", function);
    const std::size_t end = source.find("}'::jsonb", begin);
    if (function == std::string::npos || begin == std::string::npos || end == std::string::npos) {
        throw std::runtime_error("no schema in " PIPELINE_LLM_SQL);
    }
    const std::size_t first = begin + std::string_view{"SELECT '"}.size();
    return nlohmann::ordered_json::parse(source.substr(first, end + 1 - first));
}

inline Prompt prompt() { return {"Explain.", "DATA-1\n{\"account\":\"A \\\"B\\\"\"}\nDATA-1", answer_schema()}; }

inline Endpoint endpoint(SchemaMode mode = SchemaMode::kStrict) {
    return {"https://llm.example.com/v1/", "key-1", "model-1", 1234, mode, std::nullopt};
}

}  // namespace poller::llm
