// The digest: what is packed comes out again, sums cancel, and damaged bytes are refused.
#include "core/analysis/digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/digest_checksum.hpp"
#include "core/analysis/one_project.hpp"
#include "core/analysis/packed_column.hpp"
#include "core/analysis/seal.hpp"
#include "core/input_error.hpp"
#include "core/interrupts.hpp"
#include "random_projects.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMostCents = std::numeric_limits<std::int64_t>::max();

const ProjectRow kStored{.account = "North",
                         .type = "New Build",
                         .category = "House",
                         .product_type = "Board A",
                         .new_enquiry_value = Money{20'000'00},
                         .gestation_period = 90,
                         .date_created = kToday};

std::string packed(const std::vector<ProjectRow> &rows) {
    DigestBuilder digest;
    for (const ProjectRow &row : rows) digest.add(row, to_string(row.outcome));
    return std::move(digest).pack();
}

std::string sqlstate_of(std::string_view bytes) {
    try {
        const DigestPiece piece(bytes);
    } catch (const InputError &error) {
        return error.sqlstate();
    }
    return "none";
}

TEST(AnalysisPackedColumn, HoldsAnyNumbers) {
    const std::vector<std::vector<std::int64_t>> columns{{},
                                                         {0},
                                                         {5, 5, 5},
                                                         {0, 255},
                                                         {-1, 255},
                                                         {100'000, 165'535},
                                                         {0, 1 << 20},
                                                         {-5, 1 << 30},
                                                         {0, 1LL << 40},
                                                         {kLeast, kMostCents},
                                                         {kMostCents - 1, kMostCents},
                                                         {kLeast, 0, -1, 1, kMostCents}};
    for (const std::vector<std::int64_t> &values : columns) {
        std::string bytes;
        append_column(bytes, values);
        PackedReader reader(bytes);
        const PackedColumn column(reader, values.size());
        EXPECT_TRUE(reader.at_end());
        for (std::size_t row = 0; row < values.size(); ++row) EXPECT_EQ(column[row], values[row]);
    }
}

TEST(AnalysisPackedColumn, TakesNoMoreBytesThanTheValuesNeed) {
    const auto size_of = [](const std::vector<std::int64_t> &values) {
        std::string bytes;
        append_column(bytes, values);
        return bytes.size();
    };
    const std::size_t head = size_of({7, 7});
    EXPECT_EQ(size_of({1000, 1255}), head + 2);
    EXPECT_EQ(size_of({1000, 1256}), head + 4);
    EXPECT_EQ(size_of({0, 65'536}), head + 8);
    EXPECT_EQ(size_of({kLeast, kMostCents}), head + 16);
}

TEST(AnalysisDigest, HoldsWhatStatisticsRead) {
    const std::string bytes = packed({kStored, {.date_created = kToday + std::chrono::days{1}}});
    const DigestPiece piece(bytes);
    ASSERT_EQ(piece.size(), 2U);
    EXPECT_EQ(piece.code(0, 0), piece.find(0, "North"));
    EXPECT_EQ(piece.find(0, "South"), TextCodes::kUnknown);
    EXPECT_EQ(piece.code(0, 1), TextCodes::kMissing);
    EXPECT_EQ(piece.texts(kStageText)[piece.code(kStageText, 0)], "open");
    EXPECT_EQ(piece.new_enquiry_value(0), Money{20'000'00});
    EXPECT_EQ(piece.new_enquiry_value(1), std::nullopt);
    EXPECT_EQ(piece.gestation_period(0), 90);
    EXPECT_EQ(piece.gestation_period(1), 0);
    EXPECT_EQ(piece.date_created(0), kToday);
    EXPECT_EQ(piece.date_created(1), kToday + std::chrono::days{1});
    EXPECT_FALSE(piece.is_removal(0));
}

TEST(AnalysisDigest, HoldsExtremes) {
    ProjectRow row = kStored;
    row.account = "North\nSouth";
    row.new_enquiry_value = Money{kLeast};
    row.gestation_period = std::numeric_limits<int>::min();
    row.date_created = Day{std::chrono::days{std::numeric_limits<int>::max()}};
    ProjectRow other = kStored;
    const std::string long_text(100'000, 'x');
    other.account = long_text;
    other.new_enquiry_value = Money{kMostCents};
    other.gestation_period = 1000;
    other.date_created = Day{std::chrono::days{std::numeric_limits<int>::min()}};
    const std::string bytes = packed({row, other});
    const DigestPiece piece(bytes);
    EXPECT_EQ(piece.new_enquiry_value(0)->cents, kLeast);
    EXPECT_EQ(piece.new_enquiry_value(1)->cents, kMostCents);
    EXPECT_EQ(piece.gestation_period(0), 0) << "no duration that statistics would use";
    EXPECT_EQ(piece.gestation_period(1), 0);
    EXPECT_EQ(piece.date_created(0), row.date_created);
    EXPECT_EQ(piece.date_created(1), other.date_created);
    EXPECT_EQ(piece.texts(0)[piece.code(0, 1)], long_text);
}

TEST(AnalysisDigest, NothingIsNoPiece) {
    EXPECT_EQ(DigestBuilder{}.pack(), "");
    DigestBuilder digest;
    digest.remove(kStored, "open");
    digest.add(kStored, "open");
    EXPECT_EQ(std::move(digest).pack(), "");
}

TEST(AnalysisDigest, AnotherStageOrValueIsAnotherProject) {
    DigestBuilder digest;
    digest.add(kStored, "won");
    digest.remove(kStored, "open");
    ProjectRow unknown = kStored;
    unknown.new_enquiry_value = std::nullopt;
    ProjectRow zero = kStored;
    zero.new_enquiry_value = Money{0};
    digest.add(unknown, "open");
    digest.remove(zero, "open");
    const std::string bytes = std::move(digest).pack();
    EXPECT_EQ(DigestPiece(bytes).size(), 4U);
}

TEST(AnalysisDigest, KeepsTheTextsInUseOnly) {
    DigestBuilder digest;
    for (const std::string_view account : {"one", "two", "three"}) {
        ProjectRow row = kStored;
        row.account = account;
        digest.add(row, "open");
        if (account != "two") digest.remove(row, "open");
    }
    const std::string bytes = std::move(digest).pack();
    const DigestPiece piece(bytes);
    EXPECT_EQ(piece.size(), 1U);
    EXPECT_EQ(piece.texts(0), (std::vector<std::string_view>{"", "two"}));
}

// Whatever the order and the pieces, a sum is the sum.
TEST(AnalysisDigest, PiecesAddUp) {
    const std::vector<ProjectRow> rows = random_rows(1, 300);
    const std::vector<ProjectRow> others = random_rows(2, 100);
    const std::string first = packed(rows);
    const std::string second = packed(others);

    DigestBuilder sum;
    sum.add(DigestPiece(second));
    sum.add(DigestPiece(first));
    for (const ProjectRow &row : others) sum.remove(row, to_string(row.outcome));
    const std::string bytes = std::move(sum).pack();
    EXPECT_EQ(DigestPiece(bytes).size(), rows.size());

    DigestBuilder rest;
    rest.subtract(DigestPiece(bytes));
    rest.add(DigestPiece(first));
    EXPECT_EQ(std::move(rest).pack(), "");

    DigestBuilder minus;
    minus.subtract(DigestPiece(first));
    const std::string removals = std::move(minus).pack();
    const DigestPiece negative(removals);
    ASSERT_EQ(negative.size(), rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) EXPECT_TRUE(negative.is_removal(row));
    DigestBuilder zero;
    zero.add(negative);
    zero.add(DigestPiece(first));
    EXPECT_EQ(std::move(zero).pack(), "");
}

TEST(AnalysisDigest, ChecksumTellsWhetherTheProjectsAreTheSame) {
    std::vector<ProjectRow> rows = random_rows(3, 200);
    const StageOutcomes stages{{"won", Outcome::kWon}, {"lost", Outcome::kLost}};
    DigestBuilder change;
    change.remove(rows[5], to_string(rows[5].outcome));
    const std::string all = packed(rows);
    const std::string removal = std::move(change).pack();
    const std::vector<DigestPiece> whole{DigestPiece(all)};
    const std::vector<DigestPiece> less{DigestPiece(removal), DigestPiece(all)};
    EXPECT_EQ(digest_checksum(set_of(rows)), digest_checksum(whole, stages));
    EXPECT_NE(digest_checksum(set_of(rows)), digest_checksum(less, stages));
    EXPECT_NE(digest_checksum(set_of(rows)), digest_checksum(whole, {}));
    std::vector<ProjectRow> fewer = rows;
    fewer.erase(fewer.begin() + 5);
    Dice(4).shuffle(fewer);
    EXPECT_EQ(digest_checksum(set_of(fewer)), digest_checksum(less, stages));
    rows[7].new_enquiry_value = Money{rows[7].new_enquiry_value.value_or(Money{}).cents + 1};
    EXPECT_NE(digest_checksum(set_of(rows)), digest_checksum(whole, stages));
}

TEST(AnalysisDigest, DamagedBytesAreRefused) {
    const std::string bytes = packed(random_rows(5, 20));
    EXPECT_EQ(sqlstate_of(bytes), "none");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        ASSERT_EQ(sqlstate_of(std::string_view(bytes).substr(0, length)), "XX001") << length;
    }
    EXPECT_EQ(sqlstate_of(bytes + "x"), "XX001");
    std::string other_version = bytes;
    other_version[0] = 1;
    EXPECT_EQ(sqlstate_of(other_version), "55000");
}

TEST(AnalysisDigest, AnyFlippedBitIsNoticed) {
    const std::string bytes = packed(random_rows(6, 20));
    for (std::size_t bit = 8; bit < 8 * bytes.size(); ++bit) {
        std::string wrong = bytes;
        wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
        ASSERT_EQ(sqlstate_of(wrong), "XX001") << bit;
    }
}

// Bytes with a right checksum may say anything, but nothing is read outside of them, and nothing is believed that no
// bytes stand for.
TEST(AnalysisDigest, AnyByteMayBeMadeUp) {
    const std::string bytes = packed(random_rows(6, 20));
    int refused = 0;
    for (std::size_t at = kSealSize; at < bytes.size(); ++at) {
        for (const int flip : {0x01, 0x80, 0xFF}) {
            std::string wrong = bytes;
            wrong[at] = static_cast<char>(wrong[at] ^ flip);
            wrong = sealed(std::move(wrong));
            try {
                const DigestPiece piece(wrong);
                DigestBuilder sum;
                sum.add(piece);
                const std::string again = std::move(sum).pack();
                EXPECT_LE(DigestPiece(again).size(), piece.size());
                EXPECT_LE(piece.size(), wrong.size());
            } catch (const InputError &) {
                ++refused;
            }
        }
    }
    EXPECT_GT(refused, 100);
}

// A piece of so many equal projects that takes no byte for any of them.
TEST(AnalysisDigest, ClaimsOfRowsThatNoBytesStandForAreRefused) {
    std::string bytes(kSealSize, '\0');
    append_number(bytes, 4'000'000, 4);
    const std::vector<std::int64_t> equal(4'000'000, 0);
    append_column(bytes, equal);  // flags
    for (std::size_t field = 0; field < kDigestTexts; ++field) {
        append_number(bytes, 0, 4);
        append_column(bytes, equal);
    }
    for (int column = 0; column < 3; ++column) append_column(bytes, equal);
    ASSERT_LT(bytes.size(), 200U);
    EXPECT_EQ(sqlstate_of(sealed(bytes)), "XX001");
}

TEST(AnalysisDigest, TextsThatNoRowCanHaveAreRefused) {
    std::string bytes(kSealSize, '\0');
    append_number(bytes, 1, 4);
    append_column(bytes, std::vector<std::int64_t>{0}, 1);
    append_number(bytes, 2, 4);
    EXPECT_EQ(sqlstate_of(sealed(bytes)), "XX001");
}

TEST(AnalysisDigest, EqualProjectsTakeAByteEach) {
    const std::string one = packed({kStored});
    EXPECT_EQ(packed(std::vector<ProjectRow>(1000, kStored)).size(), one.size() + 999);
}

struct Interrupted {};

// Whatever is made of a large piece can be ended.
TEST(AnalysisDigest, LoopsAskWhetherTheyShallEnd) {
    const std::string bytes = packed(std::vector<ProjectRow>(20'000, kStored));
    const std::vector<DigestPiece> pieces{DigestPiece(bytes)};
    DigestBuilder sum;
    sum.add(pieces.front());
    DigestBuilder rest;
    rest.add(pieces.front());
    rest.remove(kStored, "open");
    set_interrupt_check([] { throw Interrupted(); });
    EXPECT_THROW(DigestPiece{bytes}, Interrupted);
    EXPECT_THROW(DigestBuilder{}.add(pieces.front()), Interrupted);
    EXPECT_THROW((void)digest_checksum(pieces, {}), Interrupted);
    EXPECT_THROW((void)analyze_one(kStored, pieces, {}, Moment{kToday, 0}), Interrupted);
    EXPECT_THROW((void)std::move(sum).pack(), Interrupted);
    EXPECT_THROW((void)std::move(rest).pack(), Interrupted);
    set_interrupt_check(nullptr);
}

}  // namespace
}  // namespace pipeline_forecast::analysis
