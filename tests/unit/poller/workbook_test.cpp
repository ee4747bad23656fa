// Workbooks as different programs write them: formats, places, texts, rows; and what is damaged or claims too much.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "poller/errors.hpp"
#include "poller/imports/workbook/description.hpp"
#include "poller/imports/workbook/number_format.hpp"
#include "poller/imports/workbook/sheet.hpp"

namespace {

using namespace poller::imports;
using Kind = NumberFormat::Kind;
using Shown = std::vector<std::string>;

XmlReader::Source pieces_of(const std::string &text, std::size_t piece) {
    return [text, piece, at = std::size_t{0}]() mutable {
        const std::string_view next = std::string_view(text).substr(at, piece);
        at += next.size();
        return next;
    };
}

// Each row as "number: cell | cell".
Shown sheet_rows(const std::string &xml, const SheetContext &context, std::size_t piece) {
    SheetRecords records(pieces_of(xml, piece), "sheet", context);
    Shown shown;
    while (const Record *record = records.next(0)) {
        shown.push_back(std::to_string(record->line) + ": " + std::string(record->text));
    }
    return shown;
}

Shown sheet_rows(const std::string &xml, const SheetContext &context = {}) {
    Shown shown = sheet_rows(xml, context, xml.size() + 1);
    EXPECT_EQ(sheet_rows(xml, context, 1), shown) << "in pieces of any size";
    return shown;
}

std::string sheet(const std::string &rows, const std::string &behind = "") {
    return R"(<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>)" +
           rows + "</x:sheetData>" + behind + "</x:worksheet>";
}

std::string sheet_refusal(const std::string &xml) {
    try {
        static_cast<void>(sheet_rows(xml, {}, 100));
    } catch (const poller::ConfigError &error) {
        return error.what();
    }
    return "";
}

TEST(WorkbookFormat, KindIsThatOfItsFirstSection) {
    const std::vector<std::pair<std::string, Kind>> cases = {
        {"dd/mm/yyyy", Kind::kDay},
        {"yyyy\\-mm\\-dd hh:mm", Kind::kDay},
        {"[$-F800]dddd, mmmm dd, yyyy", Kind::kDay},
        {"mmm\\-yy", Kind::kDay},
        {"mmmm", Kind::kDay},
        {"[$-411]ggge\"年\"m\"月\"", Kind::kDay},
        {"d\"de\"mmmm;@", Kind::kDay},
        {"h:mm AM/PM", Kind::kTime},
        {"mm:ss.0", Kind::kTime},
        {"[h]:mm:ss", Kind::kNumber},
        {"[Red]0.00", Kind::kNumber},
        {"General", Kind::kNumber},
        {"0.00E+00", Kind::kNumber},
        {"#,##0 \"days\"", Kind::kNumber},
        {"0.0\"m\"", Kind::kNumber},
        {"0.0%", Kind::kPercent},
        {"0;\"d\"", Kind::kNumber},
        {"@", Kind::kNumber},
    };
    for (const auto &[code, kind] : cases) {
        EXPECT_EQ(parse_number_format(code).kind, kind) << code;
    }
}

TEST(WorkbookFormat, CurrencyIsKeptAndUnitsAreNot) {
    EXPECT_EQ(parse_number_format("[$€-407]\\ #,##0.00").currency, "€");
    EXPECT_EQ(parse_number_format("#,##0.00\\ [$kr-41D]").currency, "kr");
    EXPECT_EQ(parse_number_format("_($* #,##0.00_);_($* \\(#,##0.00\\)").currency, "$");
    EXPECT_EQ(parse_number_format("\"CHF\"\\ #,##0").currency, "CHF");
    EXPECT_EQ(parse_number_format("\"R$ \"#,##0").currency, "R$");
    EXPECT_EQ(parse_number_format("#,##0\xC2\xA0€").currency, "€");
    EXPECT_EQ(parse_number_format("0.0,,\"M\"").currency, "") << "a scale is no currency";
    EXPECT_EQ(parse_number_format("0 \"Tage\"").currency, "");
}

TEST(WorkbookFormat, BuiltInOnesAreKnown) {
    EXPECT_EQ(built_in_format(0).kind, Kind::kNumber);
    EXPECT_EQ(built_in_format(9).kind, Kind::kPercent);
    EXPECT_EQ(built_in_format(14).kind, Kind::kDay);
    EXPECT_EQ(built_in_format(20).kind, Kind::kTime);
    EXPECT_EQ(built_in_format(22).kind, Kind::kDay);
    EXPECT_EQ(built_in_format(46).kind, Kind::kNumber) << "hours that go on";
}

TEST(WorkbookNumber, IsShownAsItWasTyped) {
    const auto shown = [](std::string_view stored) { return shown_number(stored, {}, DayCount::k1900); };
    EXPECT_EQ(shown("4711.0"), "4711");
    EXPECT_EQ(shown("0.30000000000000004"), "0.3");
    EXPECT_EQ(shown("1.1499999999999999"), "1.15");
    EXPECT_EQ(shown("-1E-3"), "-0.0010") << "three digits behind a point could be thousands";
    EXPECT_EQ(shown("1.234"), "1.2340");
    EXPECT_EQ(shown("123456789012"), "123456789012");
    EXPECT_EQ(shown("12345678901234567"), "1.23456789012346E+16") << "of which the last digits are not the user's";
    EXPECT_EQ(shown("0"), "0");
    EXPECT_EQ(shown("abc"), "abc");
    EXPECT_EQ(shown("1e999"), "1e999");
    EXPECT_EQ(shown_number("0.07", {Kind::kPercent, ""}, DayCount::k1900), "7%");
    EXPECT_EQ(shown_number("1250.5", {Kind::kNumber, "€"}, DayCount::k1900), "1250.5 €");
}

TEST(WorkbookNumber, DaysAreCountedInBothSystems) {
    const auto shown = [](std::string_view stored, DayCount count = DayCount::k1900, Kind kind = Kind::kDay) {
        return shown_number(stored, {kind, ""}, count);
    };
    EXPECT_EQ(shown("1"), "1900-01-01");
    EXPECT_EQ(shown("59"), "1900-02-28");
    EXPECT_EQ(shown("60"), "1900-02-29") << "which is no day, and is refused as one";
    EXPECT_EQ(shown("61"), "1900-03-01");
    EXPECT_EQ(shown("45993"), "2025-12-02");
    EXPECT_EQ(shown("45993.5"), "2025-12-02 12:00:00");
    EXPECT_EQ(shown("45993.999999999"), "2025-12-03");
    EXPECT_EQ(shown("2958465"), "9999-12-31");
    EXPECT_EQ(shown("2958466"), "2958466");
    EXPECT_EQ(shown("-5"), "-5");
    EXPECT_EQ(shown("0", DayCount::k1904), "1904-01-01");
    EXPECT_EQ(shown("44531", DayCount::k1904), "2025-12-02");
    EXPECT_EQ(shown("0.25", DayCount::k1900, Kind::kTime), "06:00:00");
    EXPECT_EQ(shown_moment("2031-08-14T00:00:00.000"), "2031-08-14");
    EXPECT_EQ(shown_moment("2031-08-14T09:30:00"), "2031-08-14 09:30:00");
}

TEST(WorkbookText, CharactersThatXmlCannotHoldAreUnescaped) {
    EXPECT_EQ(unescaped("a_x000D_b"), "a\rb");
    EXPECT_EQ(unescaped("a_x005F_x000D_b"), "a_x000D_b");
    EXPECT_EQ(unescaped("_x20AC_ _xZZZZ_ _x12"), "€ _xZZZZ_ _x12");
    EXPECT_EQ(unescaped("a_x0000_b"), "ab") << "which a database does not take";
}

TEST(WorkbookText, SharedTextsAreJoinedAndNotPronounced) {
    const std::string xml =
        "<s:sst xmlns:s='urn:x'><s:si><s:t>Da</s:t></s:si><s:si/>"
        "<s:si><s:r><s:t>Hal</s:t></s:r><s:r><s:t>le</s:t></s:r><s:rPh><s:t>hare</s:t></s:rPh></s:si></s:sst>";
    const SharedTexts texts = read_shared_texts(pieces_of(xml, 3), "texts");
    ASSERT_EQ(texts.size(), 3U);
    EXPECT_EQ(texts.at(0), "Da");
    EXPECT_EQ(texts.at(1), "");
    EXPECT_EQ(texts.at(2), "Halle");
}

TEST(WorkbookDescription, SheetsStylesAndRelations) {
    const WorkbookEntries entries = read_workbook(
        pieces_of("<workbook xmlns:q='urn:rel'><workbookPr date1904='true'/><sheets><sheet name='Kür' sheetId='7' "
                  "q:id='r3'/><sheet name='alt' state='veryHidden' q:id='r4'/></sheets></workbook>",
                  7),
        "workbook");
    ASSERT_EQ(entries.sheets.size(), 2U);
    EXPECT_EQ(entries.count, DayCount::k1904);
    EXPECT_EQ(entries.sheets[0].name, "Kür");
    EXPECT_EQ(entries.sheets[0].relation, "r3");
    EXPECT_TRUE(entries.sheets[1].is_hidden);
    const auto formats = read_formats(
        pieces_of(
            "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='d.m.yy'/></numFmts><cellStyleXfs><xf "
            "numFmtId='9'/></cellStyleXfs><cellXfs><xf/><xf numFmtId='170'/><xf numFmtId='10'/></cellXfs></styleSheet>",
            9),
        "styles");
    ASSERT_EQ(formats.size(), 3U);
    EXPECT_EQ(formats[1].kind, Kind::kDay);
    EXPECT_EQ(formats[2].kind, Kind::kPercent);
    const auto relations = read_relations(
        pieces_of(
            "<Relationships><Relationship Id='a' Type='http://x/worksheet' Target='../w/s1.xml'/><Relationship Id='b' "
            "Type='http://x/styles' Target='/xl/st.xml'/><Relationship Id='c' Type='http://x/hyperlink' "
            "Target='http://y' TargetMode='External'/></Relationships>",
            11),
        "relations", "xl/sub");
    ASSERT_EQ(relations.size(), 2U);
    EXPECT_EQ(relations[0].target, "xl/w/s1.xml");
    EXPECT_EQ(relations[0].kind, "worksheet");
    EXPECT_EQ(relations[1].target, "xl/st.xml");
}

TEST(WorkbookSheet, CellsOfEveryKind) {
    SheetContext context;
    context.texts.add("Dach");
    context.formats = {{}, {Kind::kDay, ""}};
    EXPECT_EQ(
        sheet_rows(
            sheet("<x:row r='1'><x:c r='A1' t='s'><x:v>0</x:v></x:c><x:c r='C1' t='inlineStr'><x:is><x:t>Hal</x:t>"
                  "<x:t>le</x:t><x:rPh><x:t>x</x:t></x:rPh></x:is></x:c><x:c r='D1' "
                  "t='str'><x:f>A1</x:f><x:v>Dach</x:v></x:c></x:row>"
                  "<x:row r='2'><x:c r='A2' t='b'><x:v>1</x:v></x:c><x:c r='B2' t='e'><x:v>#REF!</x:v></x:c>"
                  "<x:c r='C2' s='1'><x:v>45993</x:v></x:c><x:c r='D2' t='d'><x:v>2031-08-14T00:00:00</x:v></x:c>"
                  "<x:c r='E2'><x:f>SUM(A1)</x:f><x:v></x:v></x:c><x:c r='F2' s='99'><x:v>7.0</x:v></x:c></x:row>"),
            context),
        (Shown{"1: Dach |  | Halle | Dach", "2: true | #REF! | 2025-12-02 | 2031-08-14 | #UNCALCULATED! | 7"}));
}

TEST(WorkbookSheet, PlacesMayBeLeftOutAndRowsMayBeMissing) {
    EXPECT_EQ(sheet_rows(sheet("<x:row><x:c><x:v>1</x:v></x:c><x:c/><x:c><x:v>3</x:v></x:c></x:row><x:row r='4'><x:c "
                               "r='B4'><x:v>5</x:v></x:c>"
                               "<x:c><x:v>6</x:v></x:c></x:row><x:row/>")),
              (Shown{"1: 1 |  | 3", "2: ", "3: ", "4:  | 5 | 6", "5: "}));
    EXPECT_EQ(sheet_rows("<worksheet/>"), Shown{});
}

TEST(WorkbookSheet, MergedTextHoldsForAllItsRowsAndAnAmountOnce) {
    const std::string xml = sheet(
        "<x:row><x:c t='str'><x:v>Nord</x:v></x:c><x:c><x:v>900</x:v></x:c><x:c t='str'><x:v>a</x:v></x:c></x:row>"
        "<x:row><x:c/><x:c/><x:c t='str'><x:v>b</x:v></x:c></x:row><x:row/>"
        "<x:row><x:c/><x:c/><x:c t='str'><x:v>c</x:v></x:c></x:row>",
        "<x:mergeCells><x:mergeCell ref='A1:A3'/><x:mergeCell ref='B1:B2'/><x:mergeCell ref='D1:F1'/></x:mergeCells>");
    SheetContext context;
    SheetRecords first(pieces_of(xml, 20), "sheet", context);
    while (first.next(0) != nullptr) {
    }
    context.merged = first.merged();
    ASSERT_EQ(context.merged.size(), 2U) << "over columns alone changes nothing";
    EXPECT_EQ(sheet_rows(xml, context), (Shown{"1: Nord | 900 | a", "2: Nord |  | b", "3: ", "4:  |  | c"}));
}

TEST(WorkbookSheet, WhatIsDamagedOrClaimsTooMuchIsRefused) {
    EXPECT_NE(sheet_refusal("<worksheet><sheetData><row>").find("damaged"), std::string::npos);
    EXPECT_NE(sheet_refusal("<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet/>").find("document type"), std::string::npos);
    EXPECT_NE(sheet_refusal(sheet("<x:row r='5'/><x:row r='5'/>")).find("behind row 5"), std::string::npos);
    EXPECT_NE(sheet_refusal(sheet("<x:row r='1048577'/>")).find("1048577"), std::string::npos);
    EXPECT_NE(sheet_refusal(sheet("<x:row r='1'><x:c r='XFE1'/></x:row>")).find("XFE1"), std::string::npos);
    EXPECT_NE(sheet_refusal(sheet("<x:row r='1'><x:c r='A2'/></x:row>")).find("\"A2\""), std::string::npos);
    EXPECT_NE(sheet_refusal(sheet("<x:row r='1'><x:c t='s'><x:v>3</x:v></x:c></x:row>")).find("text 3 of 0"),
              std::string::npos);
    EXPECT_NE(sheet_refusal(sheet("<x:row><x:c t='str'><x:v>" + std::string(SheetRecords::kLongestRow + 1, 'x')))
                  .find("MB of text"),
              std::string::npos);
    EXPECT_NE(sheet_refusal("<worksheet a='" + std::string(2 * 1024 * 1024, 'x')).find("single tag"),
              std::string::npos);
    std::string deep;
    for (int level = 0; level < 200; ++level) {
        deep += "<a>";
    }
    EXPECT_NE(sheet_refusal(deep).find("too deeply"), std::string::npos);
}

TEST(WorkbookSheet, PlacesAreReadStrictly) {
    EXPECT_EQ(parse_place("A1")->column, 0U);
    EXPECT_EQ(parse_place("AB12")->column, 27U);
    EXPECT_EQ(parse_place("XFD1048576")->column, 16383U);
    for (const char *wrong : {"", "A", "1", "A0", "a1", "A1x", "XFE1", "A1048577", "ZZZZZZZZZZ1", "A99999999999"}) {
        EXPECT_FALSE(parse_place(wrong)) << wrong;
    }
}

}  // namespace
