#include "core/monday/column.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pipeline_forecast::monday {
namespace {

const Labels kLabels{{"1", "Won"}, {"2", " Lost "}, {"5", ""}};

Reading read_value(const char *kind, const char *column_value) {
    return read_column(kind, nlohmann::json::parse(column_value), kLabels);
}

std::string text_of(const char *kind, const char *column_value) { return read_value(kind, column_value).text; }

using Ids = std::vector<std::string>;

TEST(MondayColumn, TextIsTrimmed) {
    EXPECT_EQ(text_of("text", R"({"id": "t", "text": "  Acme\n", "value": "\"Acme\""})"), "Acme");
    EXPECT_EQ(text_of("text", R"({"text": null, "value": null})"), "");
    EXPECT_EQ(text_of("text", R"({})"), "");
    EXPECT_EQ(text_of("people", R"({"text": "Ann, Bob"})"), "Ann, Bob");
}

TEST(MondayColumn, LongTextMayStandInTheValueOnly) {
    EXPECT_EQ(text_of("long_text", R"({"text": "a", "value": "{\"text\":\"b\"}"})"), "a");
    EXPECT_EQ(text_of("long_text", R"({"text": "", "value": "{\"text\":\"b\"}"})"), "b");
}

TEST(MondayColumn, NumbersKeepEveryDecimal) {
    EXPECT_EQ(text_of("numbers", R"({"text": "12345678901234567.89", "number": 12345678901234568})"),
              "12345678901234567.89");
    EXPECT_EQ(text_of("numbers", R"({"text": "", "value": "\"42.50\"", "number": 42.5})"), "42.50");
    EXPECT_EQ(text_of("numbers", R"({"text": null, "value": "7"})"), "7");
    EXPECT_EQ(text_of("numbers", R"({"text": null, "value": 7.25})"), "7.25");
    EXPECT_EQ(text_of("numbers", R"({"text": null, "value": null, "number": 0.5})"), "0.5");
    EXPECT_EQ(text_of("numbers", R"({"text": "", "value": null, "number": null})"), "");
}

TEST(MondayColumn, NumbersOfAMachineAreToldFromThoseOfPeople) {
    EXPECT_TRUE(read_value("numbers", R"({"text": "-1234.5"})").is_plain_number);
    EXPECT_FALSE(read_value("numbers", R"({"text": "1.234,5"})").is_plain_number);
    EXPECT_FALSE(read_value("numbers", R"({"text": "1.234.567"})").is_plain_number);
    EXPECT_FALSE(read_value("text", R"({"text": "1234.5"})").is_plain_number);
}

TEST(MondayColumn, AListIsShownAsOne) {
    EXPECT_EQ(text_of("numbers", R"({"text": [1, 2]})"), "[1,2]");
    EXPECT_EQ(text_of("mirror", R"({"display_value": "1, 2"})"), "1, 2");
}

TEST(MondayColumn, DatesAreReadInUtc) {
    EXPECT_EQ(text_of("date", R"({"text": "2026-06-16 01:30", "date": "2026-06-16",
                                  "value": "{\"date\":\"2026-06-15\",\"time\":\"23:30:00\"}"})"),
              "2026-06-15");
    EXPECT_EQ(text_of("date", R"({"text": "2026-06-15", "date": "2026-06-15", "value": null})"), "2026-06-15");
    EXPECT_EQ(text_of("date", R"({"text": "2026-06-15"})"), "2026-06-15");
    EXPECT_EQ(text_of("date", R"({"text": "", "date": "", "value": null})"), "");
    EXPECT_EQ(text_of("date", R"({"text": "2026-06-15", "value": "no json"})"), "2026-06-15");
    EXPECT_EQ(text_of("timeline", R"({"text": "2026-06-01 - 2026-06-30", "from": "2026-06-01", "to": "2026-06-30"})"),
              "2026-06-01");
    EXPECT_EQ(text_of("creation_log", R"({"created_at": "2026-06-15T10:00:00Z"})"), "2026-06-15T10:00:00Z");
    EXPECT_EQ(text_of("last_updated", R"({"value": "{\"updated_at\":\"2026-06-15T10:00:00Z\"}"})"),
              "2026-06-15T10:00:00Z");
}

TEST(MondayColumn, AStatusIsTheLabelOfItsId) {
    EXPECT_EQ(text_of("status", R"({"text": "Won", "value": "{\"index\":1,\"post_id\":null}"})"), "Won");
    EXPECT_EQ(text_of("status", R"({"text": null, "value": "{\"index\":2}"})"), "Lost");
    EXPECT_EQ(text_of("status", R"({"text": "old name", "index": 1})"), "Won") << "the settings of the board know best";
    EXPECT_EQ(text_of("status", R"({"text": "New", "label": "New", "value": "{\"index\":9}"})"), "New")
        << "a label that is newer than the settings";
    EXPECT_EQ(text_of("status", R"({"text": "New", "value": null})"), "New");
    EXPECT_EQ(text_of("status", R"({"text": "", "value": "{\"index\":5}"})"), "") << "the label without a name";
    EXPECT_EQ(text_of("status", R"({"text": null, "value": null})"), "");
}

TEST(MondayColumn, ARolledUpStatusIsOneLabelOrNone) {
    EXPECT_EQ(
        text_of(
            "status",
            R"({"type": "status", "text": null, "battery_value": [{"key": "1", "count": 3}, {"key": "2", "count": 0}]})"),
        "Won");
    EXPECT_EQ(text_of("status", R"({"battery_value": [{"key": "5", "count": 2}, {"key": "9", "count": 1}, 7]})"), "")
        << "an empty label and one that is unknown say nothing";
    const Reading mixed =
        read_value("status", R"({"battery_value": [{"key": "1", "count": 1}, {"key": "2", "count": 2}]})");
    EXPECT_EQ(mixed.text + ": " + mixed.refusal, "1 x Won, 2 x Lost: rolled up from subitems that differ");
    EXPECT_EQ(text_of("status", R"({"battery_value": []})"), "");
}

TEST(MondayColumn, ADropdownIsTheListOfItsLabels) {
    EXPECT_EQ(text_of("dropdown", R"({"text": "Won, Lost", "value": "{\"ids\":[1,2]}"})"), "Won, Lost");
    EXPECT_EQ(
        text_of("dropdown", R"({"text": null, "values": [{"id": "2", "label": "x"}, {"id": "7", "label": "New"}]})"),
        "Lost, New");
    EXPECT_EQ(text_of("dropdown", R"({"text": "Won, New", "value": "{\"ids\":[1,7]}"})"), "Won, New")
        << "a label that is newer than the settings";
    EXPECT_EQ(text_of("dropdown", R"({"text": "", "value": "{\"ids\":[]}"})"), "");
}

TEST(MondayColumn, MirrorsAndFormulasShowTheirDisplayValue) {
    EXPECT_EQ(text_of("mirror", R"({"text": null, "value": null, "display_value": "Acme"})"), "Acme");
    EXPECT_EQ(text_of("formula", R"({"text": "", "value": null, "display_value": "12.5"})"), "12.5");
    EXPECT_EQ(text_of("formula", R"({"text": "", "value": null, "display_value": ""})"), "");
    EXPECT_TRUE(may_be_unreadable("mirror"));
    EXPECT_TRUE(may_be_unreadable("formula"));
    EXPECT_FALSE(may_be_unreadable("numbers"));
    EXPECT_FALSE(may_be_unreadable("nonsense"));
}

TEST(MondayColumn, ConnectionsLeadToItems) {
    const Reading linked =
        read_value("board_relation", R"({"text": null, "linked_item_ids": ["12", 13], "display_value": "A, B"})");
    EXPECT_EQ(linked.ids, (Ids{"12", "13"}));
    EXPECT_EQ(linked.text, "A, B");
    EXPECT_EQ(read_value("board_relation", R"({"value": "{\"linkedPulseIds\":[{\"linkedPulseId\":12}]}"})").ids,
              Ids{"12"});
    EXPECT_EQ(read_value("board_relation", R"({"linked_item_ids": [null, ""]})").ids, Ids{});
    EXPECT_EQ(read_value("board_relation", R"({"text": null, "value": null})").ids, Ids{});
}

TEST(MondayColumn, AnyJsonIsRead) {
    for (const char *kind : {"numbers", "date", "status", "dropdown", "text", "long_text", "mirror", "formula",
                             "board_relation", "people", "timeline", "creation_log", "last_updated", "nonsense"}) {
        for (const char *value : {"null", "1", "\"x\"", "[]", "{}", R"({"value": "{"})", R"({"value": "[1]"})",
                                  R"({"value": "{\"ids\":5,\"index\":{},\"date\":[],\"linkedPulseIds\":[3]}"})",
                                  R"({"text": {}, "label": [], "values": [1], "linked_item_ids": "x"})"}) {
            EXPECT_NO_THROW((void)read_value(kind, value)) << kind << " " << value;
        }
    }
}

TEST(MondayColumn, KindsAreThoseOfTheApi) {
    EXPECT_TRUE(is_known_kind("numbers"));
    EXPECT_TRUE(is_known_kind("board_relation"));
    EXPECT_FALSE(is_known_kind("numeric")) << "the name in webhooks";
    EXPECT_FALSE(is_known_kind("button"));
    EXPECT_FALSE(is_known_kind(""));
}

}  // namespace
}  // namespace pipeline_forecast::monday
