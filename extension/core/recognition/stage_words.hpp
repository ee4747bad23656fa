// What the labels of stages mean, by their words in eight languages: proposals for rows of the stage rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/stage_bucket.hpp"

namespace pipeline_forecast {

enum class StageOutcome { kWon, kLost, kOpen };

struct StageProposal {
    Bucket bucket = Bucket::kOpen;
    StageOutcome outcome = StageOutcome::kOpen;
    int probability_percent = 0;  // of a project in this stage of which nothing else is known
    std::string_view reason = {};
};

// By the words alone. Without a value: no word says anything, or what it says is denied ("not signed yet").
[[nodiscard]] std::optional<StageProposal> recognise_stage(std::string_view label);

struct StageLabel {
    std::string text;
    bool is_done = false;  // the board counts it as the end of the work
};

// One proposal for each label, in their order: by its words, else as won where it is done, else as an open stage that
// is the more probable the later it stands.
[[nodiscard]] std::vector<StageProposal> propose_stages(const std::vector<StageLabel> &labels);

[[nodiscard]] std::string_view to_string(StageOutcome outcome) noexcept;

}  // namespace pipeline_forecast
