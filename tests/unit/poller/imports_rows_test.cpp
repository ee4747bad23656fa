// Layouts, heads and rows: what in a file is the list, and what is dressing of a report or broken.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "poller/imports/head.hpp"
#include "poller/imports/rows.hpp"
#include "poller/imports/sniff.hpp"

namespace {

using namespace poller::imports;
using Shown = std::vector<std::string>;

Layout layout_of(const std::string &text, const SaidLayout &said = {}) { return recognise_layout(text, true, said); }

// Each row as "line kind: fields" or, refused, its reason.
Shown rows_of(const std::string &text, const ListShape &shape = {}, const SaidLayout &said = {}) {
    const Layout layout = layout_of(text, said);
    bool given = false;
    RecordReader records([&] { return std::exchange(given, true) ? std::string_view() : std::string_view(text); },
                         layout.dialect);
    RowReader reader(records, layout, shape);
    Shown shown;
    while (const Row *row = reader.next()) {
        std::string one = std::to_string(row->line) + " " + std::string(to_string(row->kind)) + ":" + row->reason;
        for (const std::string_view field : row->fields) {
            one += " " + std::string(field);
        }
        shown.push_back(one);
    }
    return shown;
}

TEST(ImportLayout, DelimiterIsRecognised) {
    EXPECT_EQ(layout_of("Ref,Titel,Wert\n1,a,2\n").dialect.delimiter, ',');
    EXPECT_EQ(layout_of("Ref;Titel;Wert\n1;a, b und c;1.234,50\n2;d, e und f;7,00\n").dialect.delimiter, ';');
    EXPECT_EQ(layout_of("Ref\tTitel\n1\ta,b\n").dialect.delimiter, '\t');
    EXPECT_EQ(layout_of("Ref|Titel\n1|a,b\n").dialect.delimiter, '|');
    EXPECT_EQ(layout_of("sep=;\nRef;Titel\n1;a,b\n").dialect.delimiter, ';');
    EXPECT_EQ(layout_of("sep=^\r\nRef^Titel\r\n1^a\r\n").dialect.delimiter, '^');
    EXPECT_EQ(layout_of("Ref\n1\n2\n").head, Cells{"Ref"}) << "one column";
    EXPECT_EQ(layout_of("a,b;c,d\n1,2;3,4\n", {.wanted = {"a,b"}}).dialect.delimiter, ';') << "the mapping says it";
    EXPECT_EQ(layout_of("a;b\n1;2\n", {.delimiter = ','}).head, Cells{"a;b"}) << "what is said wins";
}

TEST(ImportLayout, QuotesAreRecognised) {
    EXPECT_EQ(layout_of("'Ref';'Titel'\n'1';'a;b'\n'2';'c'\n").dialect.quote, '\'');
    EXPECT_EQ(layout_of("Ref,Titel\n1,O'Neill's\n").dialect.quote, '"');
}

TEST(ImportLayout, HeadIsFoundBehindAPreamble) {
    const Layout layout = layout_of(
        "Offene Projekte\nStand: 14.07.2031\n\nFilter,Region "
        "Süd\n\nRef,Titel,Wert,Ende\nA-1,Dach,100,2031-08-01\nA-2,Halle,250,2031-09-01\n");
    EXPECT_EQ(layout.head_line, 6U);
    EXPECT_EQ(layout.head, (Cells{"Ref", "Titel", "Wert", "Ende"}));
    EXPECT_EQ(layout_of("Report,,,\nAs of 2031,,,\nRef,Titel,Wert,Ende\n1,Dach,100,x\n").head_line, 3U) << "padded";
    EXPECT_EQ(layout_of("Ref,Titel\nDach,Halle\n").head_line, 1U);
    EXPECT_EQ(layout_of("a,b\nc,d\n1,2\n", {.head_line = 2}).head, (Cells{"c", "d"})) << "said";
    EXPECT_EQ(layout_of("x,y\nRef,Titel\n1,2\n", {.wanted = {"Titel"}}).head_line, 2U) << "the mapping says it";
    EXPECT_EQ(layout_of("1,2\n3,4\n").head_line, 0U) << "no line names columns";
}

TEST(ImportHead, EveryColumnGetsANameOfItsOwn) {
    const std::string same(70, 'x');
    const std::vector<Column> columns =
        columns_of({" Wert\n(EUR) ", "", "Notiz", "Notiz", same + "1", same + "2", "column 2"});
    Shown names;
    Shown staged;
    for (const Column &column : columns) {
        names.push_back(column.name);
        staged.push_back(column.staged);
        EXPECT_LE(column.staged.size(), 63U);
    }
    EXPECT_EQ(names, (Shown{"Wert (EUR)", "column 2", "Notiz", "Notiz (2)", same + "1", same + "2", "column 2 (2)"}));
    EXPECT_EQ(staged[4], same.substr(0, 63));
    EXPECT_EQ(staged[5], same.substr(0, 59) + " (2)");
    EXPECT_EQ(columns_of({std::string(62, 'y') + "ü"})[0].staged, std::string(62, 'y')) << "no half letters";
}

TEST(ImportRows, BlankLinesTotalsHeadsAndFootersAreLeftOut) {
    EXPECT_EQ(rows_of("Ref,Titel,Wert\n1,Dach,5\n\n,,\n2,Halle,6\nSubtotal,,11\nRef,Titel,Wert\n3,Tor,7\n"
                      "Grand Total (3 records),,18\n\nOffene Projekte\nCopyright 2031, all rights\n"),
              (Shown{"2 taken: 1 Dach 5", "5 taken: 2 Halle 6", "6 total line:", "7 repeated head:", "8 taken: 3 Tor 7",
                     "9 total line:", "11 footer:", "12 footer:"}));
    EXPECT_EQ(rows_of("Ref,Titel,Wert\n1,Dach,5\nVertraulich - nur intern\n").back(), "3 footer:");
    EXPECT_EQ(rows_of("Ref,Titel,Wert\nTotal Fenster GmbH,Dach,5\n").back(), "2 taken: Total Fenster GmbH Dach 5");
}

TEST(ImportRows, ABrokenRowIsRefusedByItself) {
    EXPECT_EQ(rows_of("Ref,Titel,Wert\n1,Dach\n2,Halle, groß,6\n3,\"Tor,7\n4,Bad,8\n5,Hof"),
              (Shown{"2 refused:has 2 fields, and the head has 3",
                     "3 refused:has 4 fields, and the head has 3: a value may hold the delimiter without quotes",
                     "4 refused:holds a quote that is never closed", "5 taken: 4 Bad 8",
                     "6 refused:is cut off by the end of the file"}));
    EXPECT_EQ(rows_of("Ref,Titel,Wert\n1,Dach,5\nHalle\n2,Tor,6\n")[1], "3 refused:has 1 field, and the head has 3");
    EXPECT_EQ(rows_of("Ref,Titel,Wert\n1,Dach,5\n10\n").back(), "3 footer:");
    EXPECT_EQ(rows_of("Ref,Titel,Wert\n1,Dach,5\n10").back(), "3 refused:is cut off by the end of the file");
}

TEST(ImportRows, EmptyColumnsAtTheEndDoNotCount) {
    EXPECT_EQ(rows_of("Ref,Titel,,\n1,Dach\n2,Halle,,\n3,Tor,,,,,\n"),
              (Shown{"2 taken: 1 Dach  ", "3 taken: 2 Halle  ", "4 taken: 3 Tor  "}));
}

TEST(ImportRows, BlankFieldsAtTheEndMayBeLeftOut) {
    const std::string text = "Ref,Titel,Wert\n1,Dach,5\n2,Halle\n3,Tor,6\n4,Bad\n5,Hof\n";
    EXPECT_EQ(rows_of(text)[1], "3 taken: 2 Halle ") << "whoever wrote this ends no row with a blank field";
    EXPECT_EQ(rows_of(text, {}, {.fills_short_rows = false})[1], "3 refused:has 2 fields, and the head has 3");
    EXPECT_EQ(rows_of("Ref,Titel,Wert\n1,Dach,\n2,Halle\n", {}, {.fills_short_rows = true})[1], "3 taken: 2 Halle ");
}

TEST(ImportRows, AListWithGroupsAndParts) {
    ListShape shape;
    shape.needed = {0};
    shape.titles[0] = {"Parts"};
    EXPECT_EQ(rows_of("Tafel "
                      "Süd\n\nOffen\nName,Stand,Wert\nDach,neu,5\nParts,Name,Wer\n,Plan,x\n,,5\n\nErledigt\nName,Stand,"
                      "Wert\nTor,alt,7\n",
                      shape),
              (Shown{"5 taken: Dach neu 5", "6 title or part of the row above:", "7 title or part of the row above:",
                     "8 title or part of the row above:", "10 title or part of the row above:", "11 repeated head:",
                     "12 taken: Tor alt 7"}));
}

TEST(ImportRows, TotalWordsOfSeveralLanguages) {
    for (const char *word : {"Total", "TOTAL:", "Summe", "Gesamtsumme", "Totaal", "Razem", "Grand Total (12 records)",
                             "Sous-total", "Итого"}) {
        EXPECT_TRUE(is_total_word(word)) << word;
    }
    for (const char *word : {"Total Fenster", "Summer house", "Totals of roofs", "1", ""}) {
        EXPECT_FALSE(is_total_word(word)) << word;
    }
}

TEST(ImportLayout, OtherKindsOfFilesAreNamed) {
    EXPECT_NE(other_kind_of_file("<html><table>"), "");
    EXPECT_NE(other_kind_of_file("[{\"id\": 1}]"), "");
    EXPECT_EQ(other_kind_of_file("Ref,Titel\n"), "");
}

}  // namespace
