#include "core/monday/activity.hpp"

#include <gtest/gtest.h>

#include "core/monday/logged_value.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;
using Ids = std::vector<std::string>;

Activity entry_of(std::string_view event, const char *data) {
    const auto entry = read_activity(event, data, 5);
    EXPECT_TRUE(entry) << data;
    return entry.value_or(Activity{});
}

ActivityKind kind_of_event(std::string_view event) { return entry_of(event, "{}").kind; }

TEST(MondayActivity, MomentsCountUnitsOfAHundredNanoseconds) {
    EXPECT_EQ(decode_log_moment("17647488123456789"), 1'764'748'812'345'678);
    EXPECT_EQ(decode_log_moment(" 17647488123456789 "), 1'764'748'812'345'678);
    for (const char *text : {"", "1764748812", "176474881234567890", "-1764748812345678", "2026-03-01T08:00:00Z",
                             "1764748812345678x", "1764748812345678.9"}) {
        EXPECT_EQ(decode_log_moment(text), std::nullopt) << text;
    }
}

TEST(MondayActivity, EventsAreKnownSingleAndInBatches) {
    EXPECT_EQ(kind_of_event("update_column_value"), ActivityKind::kColumn);
    EXPECT_EQ(kind_of_event("batch_change_column_value"), ActivityKind::kColumn);
    EXPECT_EQ(kind_of_event("update_name"), ActivityKind::kName);
    EXPECT_EQ(kind_of_event("create_pulse"), ActivityKind::kCreated);
    EXPECT_EQ(kind_of_event("batch_create_pulses"), ActivityKind::kCreated);
    EXPECT_EQ(kind_of_event("archive_pulse"), ActivityKind::kArchived);
    EXPECT_EQ(kind_of_event("batch_archive_pulses"), ActivityKind::kArchived);
    EXPECT_EQ(kind_of_event("batch_delete_pulses"), ActivityKind::kDeleted);
    EXPECT_EQ(kind_of_event("restore_pulse"), ActivityKind::kRestored);
    EXPECT_EQ(kind_of_event("move_pulse_into_board"), ActivityKind::kArrived);
    EXPECT_EQ(kind_of_event("batch_move_pulses_from_board"), ActivityKind::kLeft);
    EXPECT_EQ(kind_of_event("move_subitem"), ActivityKind::kReparented);
    for (const char *event : {"move_pulse_from_group", "move_pulse_into_group", "delete_update", "delete_column",
                              "archive_group", "create_column", "board_view_added", ""}) {
        EXPECT_EQ(kind_of_event(event), ActivityKind::kOther) << event;
    }
}

TEST(MondayActivity, IdsComeAsNumbersTextsAndLists) {
    EXPECT_EQ(entry_of("create_pulse", R"({"pulse_id": 90071992547409931})").item_ids, Ids{"90071992547409931"});
    EXPECT_EQ(entry_of("delete_pulse", R"({"item_id": " 12 "})").item_ids, Ids{"12"});
    EXPECT_EQ(entry_of("batch_archive_pulses", R"({"pulse_ids": [3, "4", null, {"id": 5}, 6.5]})").item_ids,
              (Ids{"3", "4"}));
    EXPECT_TRUE(entry_of("add_group", R"({"group_id": "topics"})").item_ids.empty());
    EXPECT_TRUE(
        entry_of("create_pulse", (R"({"pulse_id": ")" + std::string(101, '1') + R"("})").c_str()).item_ids.empty());
}

TEST(MondayActivity, TellsAbsentFromEmpty) {
    const Activity full = entry_of("update_column_value", R"({"pulse_id": 1, "pulse_name": "Brücke Süd",
        "parent_item_id": 44, "column_id": "zahlen", "value": {"value": 3}, "previous_value": null})");
    EXPECT_EQ(full.column_id, "zahlen");
    EXPECT_EQ(full.name, "Brücke Süd");
    EXPECT_EQ(full.parent_id, "44");
    EXPECT_EQ(full.at, 5);
    ASSERT_TRUE(full.before);
    EXPECT_TRUE(full.before->is_null());

    const Activity bare = entry_of("update_column_value", R"({"pulse_id": 1, "post_value": {"value": 3},
        "previous_textual_value": "Angebot"})");
    EXPECT_TRUE(bare.after);
    EXPECT_FALSE(bare.before);
    EXPECT_EQ(bare.before_in_words, json("Angebot"));
}

TEST(MondayActivity, DataThatIsNoObjectIsNone) {
    for (const char *data : {"", "null", "[]", "\"x\"", "{", "7"}) {
        EXPECT_FALSE(read_activity("create_pulse", data, 0)) << data;
    }
}

Reading logged(const char *value) {
    return read_logged_value(json::parse(value), {{"7", " Verloren "}}, {{"501", "Ana Prado"}, {"502", "Jo Lund"}});
}

TEST(MondayLoggedValue, IsReadByItsShape) {
    EXPECT_EQ(logged("null").text, "");
    EXPECT_EQ(logged("{}").text, "");
    EXPECT_EQ(logged(R"({"value": " Lager 4 "})").text, "Lager 4");
    EXPECT_EQ(logged(R"({"text": "zwei\nZeilen", "changed_at": "x"})").text, "zwei\nZeilen");
    EXPECT_EQ(logged(R"({"date": "2025-02-28", "icon": null, "time": "10:00:00"})").text, "2025-02-28");
    EXPECT_EQ(logged(R"({"from": "2025-02-28", "to": "2025-03-04"})").text, "2025-02-28");
    EXPECT_EQ(logged(R"({"name": "Dach Nord"})").text, "Dach Nord");
    EXPECT_EQ(logged(R"({"linkedPulseIds": [{"linkedPulseId": 88}, {"linkedPulseId": "89"}]})").ids, (Ids{"88", "89"}));
    EXPECT_EQ(logged(R"("plain")").text, "plain");
    const Reading number = logged(R"({"value": 18737.37, "unit": {"symbol": "€"}})");
    EXPECT_EQ(number.text, "18737.37");
    EXPECT_TRUE(number.is_plain_number);
    EXPECT_EQ(logged(R"({"value": 500.0})").text, "500");
    EXPECT_FALSE(logged(R"({"value": "1.234,50"})").is_plain_number);
}

TEST(MondayLoggedValue, LabelsGoByTheirPresentTextWhileThereIsOne) {
    EXPECT_EQ(logged(R"({"label": {"index": 7, "text": "Lost"}, "post_id": null})").text, "Verloren")
        << "renamed since";
    EXPECT_EQ(logged(R"({"label": {"index": 9, "text": "Pausiert"}})").text, "Pausiert") << "deleted since";
    EXPECT_EQ(logged(R"({"post_value": {"label": {"index": 7, "text": "Lost"}}})").text, "Verloren");
    EXPECT_EQ(logged(R"({"label": null})").text, "");
    EXPECT_EQ(logged(R"({"chosenValues": [{"id": 7, "name": "x"}, {"id": 1, "name": "Stahl"}]})").text,
              "Verloren, Stahl");
}

TEST(MondayLoggedValue, PeopleGoByNameWhereItIsKnown) {
    EXPECT_EQ(logged(R"({"personsAndTeams": [{"id": 502, "kind": "person"}, {"id": 501, "kind": "person"}]})").text,
              "Jo Lund, Ana Prado");
    EXPECT_EQ(logged(R"({"personsAndTeams": [{"id": 9, "kind": "person"}, {"id": 501, "kind": "team"}]})").text,
              "monday.com user 9, monday.com team 501");
    EXPECT_EQ(logged(R"({"personsAndTeams": null})").text, "");
}

TEST(MondayLoggedValue, AShapeThatIsNotKnownIsRefused) {
    EXPECT_EQ(logged(R"({"duration": 40})").refusal, "a value in a shape that is not known");
    EXPECT_EQ(logged(R"({"value": {"a": 1}})").refusal, "not one value");
    EXPECT_EQ(logged("[1, 2]").refusal, "not one value");
}

}  // namespace
}  // namespace pipeline_forecast::monday
