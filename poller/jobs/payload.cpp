#include "poller/jobs/payload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "poller/errors.hpp"

namespace poller::jobs {
namespace {

// Null where the payload says nothing.
const nlohmann::json *find(const Job &job, const char *name) {
    const auto found = job.payload.find(name);
    return found == job.payload.end() || found->is_null() ? nullptr : &*found;
}

void require(bool fits, const char *name, std::string_view kind) {
    if (!fits) throw PermanentError(fmt::format("{} must be {}", name, kind));
}

}  // namespace

bool flag_of(const Job &job, const char *name) {
    const nlohmann::json *value = find(job, name);
    if (value == nullptr) return false;
    require(value->is_boolean(), name, "true or false");
    return value->get<bool>();
}

std::optional<std::string> text_of(const Job &job, const char *name) {
    const nlohmann::json *value = find(job, name);
    if (value == nullptr) return std::nullopt;
    require(value->is_string(), name, "a text");
    return value->get<std::string>();
}

std::optional<std::vector<std::string>> texts_of(const Job &job, const char *name) {
    const nlohmann::json *value = find(job, name);
    if (value == nullptr) return std::nullopt;
    const bool fits = value->is_array() && std::all_of(value->begin(), value->end(),
                                                       [](const nlohmann::json &text) { return text.is_string(); });
    require(fits, name, "a list of texts");
    return value->get<std::vector<std::string>>();
}

int number_of(const Job &job, const char *name, int standard, int least, int most) {
    const nlohmann::json *value = find(job, name);
    if (value == nullptr) return standard;
    const bool fits = value->is_number_integer() && *value >= least && *value <= most;
    require(fits, name, fmt::format("a whole number from {} to {}", least, most));
    return value->get<int>();
}

}  // namespace poller::jobs
