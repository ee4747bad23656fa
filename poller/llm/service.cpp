#include "poller/llm/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "poller/errors.hpp"

namespace poller::llm {
namespace {

struct Candidate {
    std::string_view provider;
    std::string_view dialect;
    std::string_view prefix;  // of its settings
    std::string_view base_url;
    std::string_view key;
    std::string_view model;
    bool needs_key;
};

std::array<Candidate, 3> candidates(const Settings &settings) {
    // A server that is not OpenAI's may run on one's own machine and ask for no key.
    const bool is_openai = settings.openai_base_url.find("//api.openai.com") != std::string::npos;
    const std::string_view openai = settings.openai_api == "responses" ? "openai_responses" : "openai_chat";
    return {{
        {"gemini", "gemini", "GEMINI", settings.gemini_base_url, settings.gemini_api_key, settings.gemini_model, true},
        {"openai", openai, "OPENAI", settings.openai_base_url, settings.openai_api_key, settings.openai_model,
         is_openai},
        {"anthropic", "anthropic", "ANTHROPIC", settings.anthropic_base_url, settings.anthropic_api_key,
         settings.anthropic_model, true},
    }};
}

bool is_complete(const Candidate &candidate) {
    return !candidate.model.empty() && (!candidate.key.empty() || !candidate.needs_key);
}

Service service_of(const Candidate &candidate, const Settings &settings) {
    Service service;
    service.provider = candidate.provider;
    service.dialect = make_dialect(candidate.dialect);
    service.endpoint.base_url = candidate.base_url;
    service.endpoint.api_key = candidate.key;
    service.endpoint.model = candidate.model;
    service.endpoint.max_output_tokens = settings.llm_max_output_tokens;
    service.endpoint.schema_mode = parse_schema_mode(settings.llm_schema_mode).value_or(SchemaMode::kStrict);
    service.endpoint.temperature = settings.llm_temperature;
    service.timeout = settings.llm_timeout;
    return service;
}

}  // namespace

std::optional<Service> configured_service(const Settings &settings) {
    const auto all = candidates(settings);
    if (settings.llm_provider.empty()) {
        const auto found = std::ranges::find_if(all, is_complete);
        if (found == all.end()) return std::nullopt;
        return service_of(*found, settings);
    }
    const auto named = std::ranges::find(all, settings.llm_provider, &Candidate::provider);
    if (named == all.end()) throw ConfigError(fmt::format("unknown LLM_PROVIDER \"{}\"", settings.llm_provider));
    if (!is_complete(*named)) {
        throw ConfigError(fmt::format("LLM_PROVIDER is {}, and {}_{} is not set", named->provider, named->prefix,
                                      named->model.empty() ? "MODEL" : "API_KEY"));
    }
    return service_of(*named, settings);
}

}  // namespace poller::llm
