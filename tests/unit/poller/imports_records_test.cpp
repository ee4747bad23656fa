// Records: line ends, quotes, and what is broken, whatever the pieces in which the text comes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "poller/imports/copy_text.hpp"
#include "poller/imports/records.hpp"

namespace {

using namespace poller::imports;

// Each record as "line: field|field"; "line! text" where it is unreadable.
std::vector<std::string> records_of(const std::string &text, Dialect dialect = {}, std::size_t width = 0,
                                    std::size_t piece = 1000) {
    std::size_t at = 0;
    RecordReader reader(
        [&] {
            const std::string_view chunk = std::string_view(text).substr(std::min(at, text.size()), piece);
            at += chunk.size();
            return chunk;
        },
        dialect);
    std::vector<std::string> shown;
    while (const Record *record = reader.next(width)) {
        std::string one =
            std::to_string(record->line) + (record->is_unreadable ? "! " + std::string(record->text) : ": ");
        for (std::size_t field = 0; field < record->fields.size(); ++field) {
            one += (field == 0 ? "" : "|") + std::string(record->fields[field]);
        }
        shown.push_back(one);
    }
    EXPECT_EQ(reader.consumed(), text.size());
    return shown;
}

using Shown = std::vector<std::string>;

TEST(ImportRecords, EndWithAnyLineEnd) {
    EXPECT_EQ(records_of("a,b\nc,d\r\ne,f\rg,h"), (Shown{"1: a|b", "2: c|d", "3: e|f", "4: g|h"}));
    EXPECT_EQ(records_of("a\r\r\nb\n\n"), (Shown{"1: a", "2: ", "3: b", "4: "}));
    EXPECT_EQ(records_of(""), Shown{});
}

TEST(ImportRecords, QuotesHoldDelimitersLineEndsAndDoubledQuotes) {
    EXPECT_EQ(records_of("\"a,1\",\"b\r\nc\n\",\"say \"\"hi\"\"\"\nd,\"\",\"\"\"\"\n"),
              (Shown{"1: a,1|b\r\nc\n|say \"hi\"", "4: d||\""}));
    EXPECT_EQ(records_of("a, \"b, c\" ,d\n"), (Shown{"1: a|b, c|d"})) << "blanks around quotes";
    EXPECT_EQ(records_of("'a;b';c\n", {';', '\''}), (Shown{"1: a;b|c"}));
    EXPECT_EQ(records_of("\"a\"\tb\n", {'\t', '\0'}), (Shown{"1: \"a\"|b"})) << "no quotes at all";
}

TEST(ImportRecords, QuotesThatNobodyDoubledAreLetters) {
    EXPECT_EQ(records_of("5\" pipe,2\n\"12\" pipe\",3\n"), (Shown{"1: 5\" pipe|2", "2: 12\" pipe|3"}));
    EXPECT_EQ(records_of("\"a \\\"b\\\" c\",d\n"), (Shown{"1: a \\\"b\\\" c|d"}));
}

TEST(ImportRecords, AQuoteThatIsNotClosedCostsItsLineAlone) {
    EXPECT_EQ(records_of("1,\"open\n2,b\n3,\"c\"\n", {}, 2), (Shown{"1! 1,\"open", "2: 2|b", "3: 3|c"}));
    EXPECT_EQ(records_of("1,b\n2,\"open\n3,c", {}, 2), (Shown{"1: 1|b", "2! 2,\"open", "3: 3|c"}));
    EXPECT_EQ(records_of("1,\"open\n2,b\n3,\"c\"\n"), (Shown{"1! 1,\"open", "2: 2|b", "3: 3|c"})) << "of any width";
}

TEST(ImportRecords, AreTheSameInPiecesOfAnySize) {
    const std::string text = "id,\"na\r\nme\"\r\n1,\"a \"\"b\"\"\" \r2,x\"y\r\n3,\"open\n4,\"z\"";
    const Shown whole = records_of(text, {}, 2);
    EXPECT_EQ(whole.size(), 5U);
    for (std::size_t piece = 1; piece < text.size(); ++piece) {
        EXPECT_EQ(records_of(text, {}, 2, piece), whole) << piece;
    }
}

TEST(ImportRecords, ALongOneIsCutOffAndTheRestIsRead) {
    const std::string text = "1,\"" + std::string(RecordReader::kLongestRecord + 10, 'x') + "\n2,b\n";
    RecordReader reader(
        [&, given = std::size_t{0}]() mutable {
            const std::string_view chunk = std::string_view(text).substr(std::min(given, text.size()), 256 * 1024);
            given += chunk.size();
            return chunk;
        },
        Dialect{});
    ASSERT_TRUE(reader.next(2)->is_unreadable);
    const Record *second = reader.next(2);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->line, 2U);
    EXPECT_EQ(second->fields.size(), 2U);
}

TEST(ImportRecords, BlanksOfAnyKindAreTakenOff) {
    EXPECT_EQ(trimmed_blanks(" \t\xC2\xA0 a b\xE2\x80\xAF\r\n"), "a b");
    EXPECT_EQ(trimmed_blanks("\xC2\xA0"), "");
    EXPECT_EQ(trimmed_blanks("é"), "é");
}

TEST(ImportCopyText, AnyTextIsSafe) {
    std::string rows;
    append_copy_value(rows, "\\.");
    append_copy_value(rows, " ");
    append_copy_value(rows, "a\tb\nc\rd\\N");
    end_copy_row(rows);
    EXPECT_EQ(rows, "\\\\.\t\\N\ta\\tb\\nc\\rd\\\\N\n");
}

}  // namespace
