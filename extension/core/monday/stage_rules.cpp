#include "core/monday/stage_rules.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/decode.hpp"
#include "core/input_error.hpp"
#include "core/monday/json_member.hpp"
#include "core/sql_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

constexpr double kSpreadOfAnOpenStage = 0.15;

[[noreturn]] void refuse_stage(std::string_view stage, const std::string &problem, std::string_view hint) {
    throw InputError(kInvalidParameter, "board configuration: stage " + quoted(stage, '"') + problem, hint);
}

template <std::size_t Count>
std::size_t place_of(std::string_view stage, const nlohmann::json &rule, const char *key,
                     const std::array<std::string_view, Count> &names) {
    const nlohmann::json &given = member(rule, key);
    const auto found = given.is_string() ? std::ranges::find(names, given.get<std::string>()) : names.end();
    if (found == names.end()) {
        std::string list;
        for (const std::string_view name : names) list.append(list.empty() ? "" : ", ").append(name);
        refuse_stage(stage, ": " + quoted(key, '"') + " must not be " + brief(given), "It is one of " + list + ".");
    }
    return static_cast<std::size_t>(found - names.begin());
}

double share_of(std::string_view stage, const nlohmann::json &rule, const char *key, std::optional<double> otherwise) {
    const nlohmann::json &given = member(rule, key);
    if (given.is_null() && otherwise) return *otherwise;
    const double share = given.is_number() ? given.get<double>() : -1;
    if (!(share >= 0 && share <= 1)) {
        refuse_stage(stage, ": " + quoted(key, '"') + " must not be " + brief(given), "It is a number from 0 to 1.");
    }
    return share;
}

}  // namespace

std::vector<StageRule> read_stage_rules(std::string_view document) {
    constexpr std::array<std::string_view, 3> kOutcomes{"won", "lost", "open"};
    const nlohmann::json parsed = nlohmann::json::parse(document, nullptr, false);
    const nlohmann::json &list = member(parsed, "stages");
    std::vector<StageRule> rules;
    if (list.is_null()) return rules;
    if (!list.is_array()) {
        throw InputError(kInvalidParameter, "board configuration: \"stages\" must be a list",
                         "A stage is {\"stage\", \"stage_bucket\", \"outcome\", \"default_probability\"}.");
    }
    for (const nlohmann::json &each : list) {
        const nlohmann::json &name = member(each, "stage");
        const std::string stage(name.is_string() ? trimmed(name.get_ref<const std::string &>()) : std::string_view{});
        if (stage.empty()) refuse_stage("", " needs a name", "\"stage\" is the text of the label.");
        if (member(each, "stage_bucket").is_null()) continue;
        if (std::ranges::find(rules, stage, &StageRule::stage) != rules.end()) {
            refuse_stage(stage, " stands more than once", "Keep one of its rules.");
        }
        const auto bucket = static_cast<Bucket>(place_of(stage, each, "stage_bucket", kBucketNames));
        const auto outcome = static_cast<StageOutcome>(place_of(stage, each, "outcome", kOutcomes));
        rules.push_back({stage, bucket, outcome, share_of(stage, each, "default_probability", std::nullopt),
                         share_of(stage, each, "default_spread", kSpreadOfAnOpenStage)});
    }
    return rules;
}

}  // namespace pipeline_forecast::monday
