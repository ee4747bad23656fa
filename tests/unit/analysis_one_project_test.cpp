// One project out of a digest: the same bits as an engine over the same projects finds.
#include "core/analysis/one_project.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/engine.hpp"
#include "core/input_error.hpp"
#include "random_projects.hpp"

namespace pipeline_forecast::analysis {
namespace {

const StageOutcomes kStages{{"won", Outcome::kWon}, {"lost", Outcome::kLost}};

// Bytes and what is read from them.
class Digest {
public:
    void put(DigestBuilder &&piece) {
        const std::string &bytes = bytes_.emplace_back(std::move(piece).pack());
        if (!bytes.empty()) pieces_.emplace_back(bytes);
    }
    [[nodiscard]] const std::vector<DigestPiece> &pieces() const noexcept { return pieces_; }

private:
    std::deque<std::string> bytes_;
    std::vector<DigestPiece> pieces_;
};

// The rows in pieces of random sizes, among them other rows that come and go.
Digest digest_of(const std::vector<ProjectRow> &rows, Dice &dice) {
    const std::vector<ProjectRow> passing = random_rows(static_cast<std::uint64_t>(dice.roll(1000)), 200);
    Digest digest;
    DigestBuilder piece;
    std::size_t next = 0;
    for (const ProjectRow &row : passing) {
        piece.add(row, to_string(row.outcome));
        if (dice.roll(20) == 0) digest.put(std::exchange(piece, {}));
        if (next < rows.size()) {
            piece.add(rows[next], to_string(rows[next].outcome));
            ++next;
        }
    }
    digest.put(std::exchange(piece, {}));
    for (const ProjectRow &row : passing) {
        piece.remove(row, to_string(row.outcome));
        if (dice.roll(50) == 0) digest.put(std::exchange(piece, {}));
    }
    for (; next < rows.size(); ++next) piece.add(rows[next], to_string(rows[next].outcome));
    digest.put(std::move(piece));
    return digest;
}

TEST(AnalysisOneProject, HasTheBitsOfTheWholeAnalysis) {
    Dice dice(1);
    std::array<int, kGlobalTier + 1> of_tier{};
    for (const int count : {1, 5, 14, 15, 60, 600}) {
        const std::vector<ProjectRow> rows = random_rows(static_cast<std::uint64_t>(count), count);
        const ProjectSet everything = set_of(rows);
        Engine engine(everything, kNow);
        const Digest digest = digest_of(rows, dice);
        for (const ProjectRow &row : rows) {
            const OneProject found = analyze_one(row, digest.pieces(), kStages, kNow);
            ASSERT_EQ(bits(found.analysis), bits(engine.analyze(row)));
            ASSERT_TRUE(found.is_counted);
            ++of_tier[static_cast<std::size_t>(found.analysis.segment.tier)];
        }
    }
    for (int tier = kNarrowestTier; tier <= kGlobalTier; ++tier) {
        EXPECT_GT(of_tier[static_cast<std::size_t>(tier)], 0) << "tier " << tier;
    }
}

TEST(AnalysisOneProject, IsFoundForAnyProject) {
    Dice dice(2);
    const std::vector<ProjectRow> rows = random_rows(3, 400);
    const ProjectSet everything = set_of(rows);
    Engine engine(everything, kNow);
    const Digest digest = digest_of(rows, dice);
    int strangers = 0;
    for (ProjectRow row : random_rows(4, 200)) {
        if (dice.roll(4) == 0) row.category = "Unheard of";
        const OneProject found = analyze_one(row, digest.pieces(), kStages, kNow);
        ASSERT_EQ(bits(found.analysis), bits(engine.analyze(row)));
        strangers += found.is_counted ? 0 : 1;
    }
    EXPECT_GT(strangers, 100) << "a project that is not counted is told from one that is";
}

TEST(AnalysisOneProject, FollowsTheClockAndTheSettings) {
    Dice dice(5);
    std::vector<ProjectRow> rows = random_rows(6, 300);
    for (ProjectRow &row : rows) {
        if (dice.roll(20) == 0) row.date_created = Day{std::chrono::days{std::numeric_limits<int>::max()}};
        if (dice.roll(20) == 0) row.new_enquiry_value = Money{std::numeric_limits<std::int64_t>::min()};
    }
    const ProjectSet everything = set_of(rows);
    const Digest digest = digest_of(rows, dice);
    for (const Moment as_of : {kNow, Moment{kToday - std::chrono::days{700}, 0.0}, Moment{kToday, 0.999},
                               Moment{kToday + std::chrono::days{5000}, 0.1}}) {
        for (const bool weighting : {true, false}) {
            Config config;
            config.time_weighting = weighting;
            config.look_back_days = 1000 + dice.roll(1000);
            config.segment_minimum = static_cast<std::size_t>(dice.roll(40));
            Engine engine(everything, as_of, config);
            for (const ProjectRow &row : rows) {
                ASSERT_EQ(bits(analyze_one(row, digest.pieces(), kStages, as_of, config).analysis),
                          bits(engine.analyze(row)));
            }
        }
    }
    EXPECT_THROW((void)analyze_one(rows[0], digest.pieces(), kStages, kNow, {.look_back_days = -1}), InputError);
}

TEST(AnalysisOneProject, WithoutADigestIsNotCounted) {
    const ProjectRow row{.account = "North", .date_created = kToday};
    const ProjectSet nothing;
    const OneProject found = analyze_one(row, {}, kStages, kNow);
    EXPECT_FALSE(found.is_counted);
    EXPECT_EQ(bits(found.analysis), bits(Engine(nothing, kNow).analyze(row)));
}

TEST(AnalysisOneProject, IsCountedAsItIs) {
    const ProjectRow row{.account = "North", .new_enquiry_value = Money{5}, .date_created = kToday};
    Digest digest;
    DigestBuilder piece;
    piece.add(row, "open");
    digest.put(std::move(piece));
    const auto is_counted = [&digest](const ProjectRow &project) {
        return analyze_one(project, digest.pieces(), kStages, kNow).is_counted;
    };
    EXPECT_TRUE(is_counted(row));
    ProjectRow other = row;
    other.account = "South";
    EXPECT_FALSE(is_counted(other));
    other = row;
    other.type = "New Build";
    EXPECT_FALSE(is_counted(other));
    other = row;
    other.new_enquiry_value = Money{6};
    EXPECT_FALSE(is_counted(other));
    other = row;
    other.gestation_period = 1;
    EXPECT_FALSE(is_counted(other));
    other = row;
    other.outcome = Outcome::kWon;
    EXPECT_FALSE(is_counted(other));
    other = row;
    other.date_created = std::nullopt;
    EXPECT_FALSE(is_counted(other));
}

// More was taken away than was there: a digest that no pipeline has, but numbers stay numbers.
TEST(AnalysisOneProject, StaysFiniteWhateverTheDigestSays) {
    Dice dice(7);
    const std::vector<ProjectRow> rows = random_rows(8, 200);
    Digest digest;
    DigestBuilder piece;
    for (const ProjectRow &row : rows) {
        if (dice.roll(3) == 0) {
            piece.add(row, to_string(row.outcome));
        } else {
            piece.remove(row, to_string(row.outcome));
        }
    }
    digest.put(std::move(piece));
    for (const ProjectRow &row : rows) {
        const Analysis found = analyze_one(row, digest.pieces(), kStages, kNow).analysis;
        EXPECT_GE(found.inclusive.rate.value(), 0.0);
        EXPECT_LE(found.inclusive.rate.value(), 1.0);
        EXPECT_GE(found.rating.score, 1);
        EXPECT_LE(found.rating.score, 100);
    }
}

}  // namespace
}  // namespace pipeline_forecast::analysis
