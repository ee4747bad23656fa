// SQL cannot include the headers of the core. What it has to repeat of their constants is compared here.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "core/analysis/outcome.hpp"
#include "core/analysis/rating_rules.hpp"
#include "core/analysis/value_band.hpp"
#include "core/analysis_report.hpp"
#include "core/limits.hpp"
#include "core/llm_answer.hpp"
#include "core/rating_adjustment.hpp"
#include "core/stage_bucket.hpp"

namespace pipeline_forecast {
namespace {

// All of it, wherever in the folder it stands, but for the script that is assembled from it.
const std::string &sql() {
    static const std::string text = [] {
        std::string all;
        for (const auto &entry : std::filesystem::recursive_directory_iterator(PIPELINE_SQL_FOLDER)) {
            if (entry.path().extension() != ".sql" ||
                entry.path().filename().string().find("--") != std::string::npos) {
                continue;
            }
            std::ifstream file(entry.path());
            all.append(std::istreambuf_iterator<char>(file), {});
        }
        return all;
    }();
    return text;
}

bool has(const std::string &text) { return sql().find(text) != std::string::npos; }

// The first group of every match.
std::vector<std::string> found(const char *pattern) {
    const std::regex wanted(pattern);
    std::vector<std::string> all;
    for (std::sregex_iterator match(sql().begin(), sql().end(), wanted), end; match != end; ++match) {
        all.push_back((*match)[1]);
    }
    return all;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

TEST(SqlConstants, ValueBands) {
    for (std::size_t i = 1; i + 1 < analysis::kValueBands.size(); ++i) {
        const auto &band = analysis::kValueBands[i];
        EXPECT_TRUE(has("WHEN new_enquiry_value <= " + std::to_string(band.up_to.cents / kCentsPerUnit) + " THEN " +
                        quoted(band.name)))
            << band.name;
    }
    EXPECT_TRUE(has("THEN " + quoted(analysis::kValueBands.front().name)));
    EXPECT_TRUE(has("ELSE " + quoted(analysis::kValueBands.back().name)));
}

TEST(SqlConstants, MoneyAndDurations) {
    const std::vector<std::string> amounts = found(R"([<>]=? (\d{9,}))");
    EXPECT_GE(amounts.size(), 1U);
    for (const std::string &amount : amounts) EXPECT_EQ(amount, std::to_string(kMoneyLimit));

    const std::vector<std::string> durations = found(R"(BETWEEN 0 AND (\d{5,}))");
    EXPECT_GE(durations.size(), 1U);
    for (const std::string &days : durations) EXPECT_EQ(days, std::to_string(kLongestGestationDays));
}

TEST(SqlConstants, BucketsAndOutcomes) {
    const auto &buckets = kBucketNames;
    EXPECT_TRUE(has("\n" + quoted(buckets[0]) + ", " + quoted(buckets[1]) + ", " + quoted(buckets[2]) + "\n"));
    for (const std::string_view outcome : analysis::kOutcomeNames) EXPECT_TRUE(has(quoted(outcome))) << outcome;
}

// The instructions of the language model promise what the core enforces.
TEST(SqlConstants, InstructionsOfTheLanguageModel) {
    EXPECT_TRUE(has("the segment has at least " + std::to_string(kAdjustmentMinimumProjects) + " projects"));
    EXPECT_TRUE(has("the conversion confidence is at least " +
                    std::to_string(kAdjustmentMinimumConfidence.e5 * 100 / kRateOne.e5) + "%"));
    ASSERT_EQ(kAdjustmentWidestTier, 2);
    EXPECT_TRUE(has("the tier is 1 or 2 and special_factors"));
    EXPECT_TRUE(has("Then it may be from " + std::to_string(-kLargestAdjustment) + " to " +
                    std::to_string(kLargestAdjustment)));
    std::string steps;
    for (int step = -kLargestAdjustment; step <= kLargestAdjustment; ++step) {
        steps += (steps.empty() ? "" : ", ") + std::to_string(step);
    }
    EXPECT_TRUE(has("\"enum\": [" + steps + "]"));
    EXPECT_TRUE(has("Each text has at most " + std::to_string(kLongestText) + " characters."));
}

// SQL asks the library for it.
TEST(SqlConstants, TheVersionOfTheAnalysisIsNotRepeated) { EXPECT_FALSE(has(std::string(kAnalysisVersion))); }

}  // namespace
}  // namespace pipeline_forecast
