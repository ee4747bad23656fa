// The rules of stages in a board file:
//
//   {"stages": [{"stage": "Gewonnen", "stage_bucket": "Committed", "outcome": "won", "default_probability": 1,
//                "default_spread": 0.15             may be left out: 0.15 of an open stage
//                "items": 12, "reason": "…"         what discover says beside it
//               }]}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/recognition/stage_words.hpp"

namespace pipeline_forecast::monday {

struct StageRule {
    std::string stage;
    Bucket bucket = Bucket::kOpen;
    StageOutcome outcome = StageOutcome::kOpen;
    double probability = 0;
    double spread = 0;
};

// Those that are decided: a stage whose bucket is null is left out. Throws InputError (22023), naming the stage, for a
// rule that makes no sense. A document without stages has none.
[[nodiscard]] std::vector<StageRule> read_stage_rules(std::string_view document);

}  // namespace pipeline_forecast::monday
