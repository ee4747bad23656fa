#include "core/monday/past.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

constexpr Microseconds kLogBegins = 100;

// The fields of a tender: its stage, its date, who sells it; and what a formula shows.
Board parent_board() {
    return read_board(R"({"role": "parent", "decimal_mark": ",", "date_format": "DD/MM/YYYY", "columns": [
        {"column_id": "phase", "field": "pipeline_stage", "kind": "status",
         "labels": {"0": "Anfrage", "1": "Angebot", "2": "Auftrag"}},
        {"column_id": "start", "field": "expected_start_date", "kind": "date"},
        {"column_id": "chance", "field": "probability_percent", "kind": "numbers"},
        {"column_id": "wer", "field": "sales_representative", "kind": "people"},
        {"column_id": "summe", "field": "new_enquiry_value", "kind": "formula"}]})");
}

Board subitem_board() {
    return read_board(R"({"role": "subitem", "decimal_mark": ".", "date_format": "YYYY-MM-DD", "columns": [
        {"column_id": "preis", "field": "quote_amount", "kind": "numbers"},
        {"column_id": "link", "field": "hidden_item_id", "kind": "board_relation"}]})");
}

PresentItem tender() {
    return {.id = "41", .name = "Halle 3", .values = {"Auftrag", "2026-05-01", "60", "Ana Prado", "900.00"}};
}

Activity happened(Microseconds at, const char *event, json data) {
    if (!data.contains("pulse_ids")) data.emplace("pulse_id", 41);
    return *read_activity(event, data.dump(), at);
}

Activity phase(Microseconds at, int after, int before) {
    return happened(at, "update_column_value",
                    {{"column_id", "phase"},
                     {"column_type", "color"},
                     {"value", {{"label", {{"index", after}, {"text", "?"}}}}},
                     {"previous_value", {{"label", {{"index", before}, {"text", "?"}}}}}});
}

Activity number(Microseconds at, const char *column, json after, json before) {
    return happened(at, "update_column_value",
                    {{"column_id", column},
                     {"column_type", "numeric"},
                     {"value", after.is_null() ? after : json{{"value", after}}},
                     {"previous_value", before.is_null() ? before : json{{"value", before}}}});
}

Past walk(std::vector<Activity> log, const PresentItem &present = tender(), const Board &board = parent_board()) {
    return walk_back(present, std::move(log), kLogBegins, board, {{"501", "Ana Prado"}, {"502", "Jo Lund"}});
}

std::string shown(const std::optional<std::string> &value) { return value.value_or("-"); }

// "from: value, from: value" of one column.
std::string course_of(const Past &past, std::size_t column) {
    std::string course;
    std::string last = "?";
    for (const Version &version : past.versions) {
        const std::string value = shown(version.values[column]);
        if (value == last) continue;
        course += (course.empty() ? "" : ", ") + std::to_string(version.from) + ": " + value;
        last = value;
    }
    return course;
}

std::string states_of(const Past &past) {
    std::string states;
    for (const Version &version : past.versions) {
        states += (states.empty() ? "" : ", ") + std::to_string(version.from) + ": " + version.state;
    }
    return states;
}

TEST(MondayPast, IsWalkedBackToTheCreation) {
    const Past past =
        walk({happened(200, "create_pulse", {}), phase(300, 1, 0), phase(500, 2, 1), number(400, "chance", 60, 25)});
    EXPECT_TRUE(past.is_whole);
    EXPECT_EQ(past.contradictions, 0);
    EXPECT_EQ(course_of(past, 0), "200: Anfrage, 300: Angebot, 500: Auftrag");
    EXPECT_EQ(course_of(past, 2), "200: 25, 400: 60");
    EXPECT_EQ(course_of(past, 1), "200: 2026-05-01") << "what nobody changed was so from the first day";
}

TEST(MondayPast, WithoutTheCreationBeginsWhereTheLogDoes) {
    const Past past = walk({phase(300, 2, 1)});
    EXPECT_FALSE(past.is_whole);
    EXPECT_EQ(course_of(past, 0), "100: Angebot, 300: Auftrag");
    const Past untouched = walk({});
    ASSERT_EQ(untouched.versions.size(), 1U);
    EXPECT_EQ(untouched.versions[0].from, kLogBegins);
}

TEST(MondayPast, ACopyMadeWithinTheLogIsWholeWithoutAnEntryThatSaysSo) {
    PresentItem copy = tender();
    copy.created_at = 250;
    const Past past = walk({phase(300, 2, 1)}, copy);
    EXPECT_TRUE(past.is_whole);
    EXPECT_EQ(past.versions.front().from, 250);
    copy.created_at = 50;
    EXPECT_FALSE(walk({phase(300, 2, 1)}, copy).is_whole);
}

TEST(MondayPast, AnUndoIsAChangeLikeAnyOther) {
    Activity undo = number(600, "chance", 25, 60);
    PresentItem present = tender();
    present.values[2] = "25";
    const Past past = walk({happened(200, "create_pulse", {}), number(400, "chance", 60, 25), undo}, present);
    EXPECT_EQ(course_of(past, 2), "200: 25, 400: 60, 600: 25");
}

TEST(MondayPast, EmptyBeforeIsNotUnknownBefore) {
    const Past empty = walk({number(400, "chance", 60, nullptr)});
    EXPECT_EQ(course_of(empty, 2), "100: -, 400: 60");
    const Activity silent = happened(400, "update_column_value", {{"column_id", "chance"}, {"value", {{"value", 60}}}});
    const Past unknown = walk({silent});
    EXPECT_EQ(course_of(unknown, 2), "400: 60") << "nobody knows what it was before";
    EXPECT_EQ(unknown.versions.front().from, 400) << "of none of its columns: a half-known item is not shown";
    const Past first = walk({happened(200, "create_pulse", {}), silent});
    EXPECT_EQ(course_of(first, 2), "200: -, 400: 60") << "nothing was logged since the item was made";
    const Past told = walk({number(300, "chance", 15, 10), silent});
    EXPECT_EQ(course_of(told, 2), "100: 10, 300: 15, 400: 60") << "the entry before it tells";
}

TEST(MondayPast, WordsServeWhereThereIsNothingElse) {
    const Activity in_words = happened(
        400, "update_column_value",
        {{"column_id", "phase"}, {"value", {{"label", {{"index", 2}}}}}, {"previous_textual_value", "Angebot"}});
    EXPECT_EQ(course_of(walk({in_words}), 0), "100: Angebot, 400: Auftrag");
}

TEST(MondayPast, ABatchWithoutFormerValuesIsKnownFromThereOn) {
    const Activity batch =
        happened(400, "batch_change_column_value",
                 {{"pulse_ids", {40, 41}}, {"column_id", "phase"}, {"value", {{"label", {{"index", 2}}}}}});
    EXPECT_EQ(course_of(walk({batch}), 0), "400: Auftrag");
    const Activity archived = happened(450, "batch_archive_pulses", {{"pulse_ids", {40, 41}}});
    PresentItem gone = tender();
    gone.state = "archived";
    EXPECT_EQ(states_of(walk({archived}, gone)), "100: active, 450: archived");
}

TEST(MondayPast, LabelsThatAreGoneKeepTheirTextOfThen) {
    const Activity gone = happened(300, "update_column_value",
                                   {{"column_id", "phase"},
                                    {"value", {{"label", {{"index", 2}, {"text", "Order"}}}}},
                                    {"previous_value", {{"label", {{"index", 8}, {"text", "Wartet"}}}}}});
    EXPECT_EQ(course_of(walk({gone}), 0), "100: Wartet, 300: Auftrag");
}

TEST(MondayPast, AColumnThatWasOfAnotherKindIsReadAsItWas) {
    // The date was typed into a text column, in the way of the board, and once as nobody can read it.
    const auto typed = [](Microseconds at, const char *after, const char *before) {
        return happened(at, "update_column_value",
                        {{"column_id", "start"},
                         {"column_type", "text"},
                         {"value", {{"value", after}}},
                         {"previous_value", {{"value", before}}}});
    };
    const Past past = walk({typed(300, "05/02/2026", "bald"), typed(400, "01/05/2026", "05/02/2026")});
    EXPECT_EQ(course_of(past, 1), "100: -, 300: 2026-02-05, 400: 2026-05-01");
    ASSERT_EQ(past.refusals.size(), 1U);
    EXPECT_EQ(past.refusals[0].field, "expected_start_date");
    EXPECT_EQ(past.refusals[0].raw, "bald");
}

TEST(MondayPast, OwnersAreThoseOfThen) {
    const auto people = [](int id) { return json{{"personsAndTeams", {{{"id", id}, {"kind", "person"}}}}}; };
    const Activity change = happened(300, "update_column_value",
                                     {{"column_id", "wer"}, {"value", people(501)}, {"previous_value", people(502)}});
    EXPECT_EQ(course_of(walk({change}), 3), "100: Jo Lund, 300: Ana Prado");
}

TEST(MondayPast, FormulasHaveNone) {
    EXPECT_EQ(course_of(walk({happened(200, "create_pulse", {})}), 4), "200: -");
    EXPECT_FALSE(leaves_a_trace({"f", nullptr, "mirror", {}}));
    EXPECT_TRUE(leaves_a_trace({"", nullptr, "creation_log", {}}));
}

TEST(MondayPast, WhatContradictsTheLogIsCounted) {
    const Past past = walk({happened(200, "create_pulse", {}), phase(300, 1, 0)});
    EXPECT_EQ(past.contradictions, 1) << "it is Auftrag now, and nothing says since when";
    EXPECT_EQ(course_of(past, 0), "200: Anfrage, 300: Angebot");
    const Past gap = walk({phase(300, 1, 0), phase(500, 2, 0)});
    EXPECT_EQ(gap.contradictions, 1);
    EXPECT_EQ(course_of(gap, 0), "100: Anfrage, 300: Angebot, 500: Auftrag");
}

TEST(MondayPast, NamesOfThenAreKnown) {
    const auto name_at = [](const Past &past, std::size_t version) { return past.versions.at(version).name; };
    const Past told = walk({happened(
        300, "update_name", {{"value", {{"name", "Halle 3"}}}, {"previous_value", {{"name", "Halle (neu)"}}}})});
    EXPECT_EQ(name_at(told, 0), "Halle (neu)");
    EXPECT_EQ(name_at(told, 1), "Halle 3");
    const Past by_entries = walk({happened(200, "create_pulse", {{"pulse_name", "Ohne Namen"}}),
                                  happened(300, "update_name", {{"pulse_name", "Halle 3"}})});
    EXPECT_EQ(name_at(by_entries, 0), "Ohne Namen");
    EXPECT_EQ(walk({happened(300, "update_name", {})}).versions.front().from, 300);
}

TEST(MondayPast, StatesFollowTheLog) {
    const Past past =
        walk({happened(200, "create_pulse", {}), happened(300, "archive_pulse", {}), happened(400, "restore_pulse", {}),
              happened(500, "delete_pulse", {}), happened(600, "restore_pulse", {})});
    EXPECT_EQ(states_of(past), "200: active, 300: archived, 400: active, 500: deleted, 600: active");
    EXPECT_EQ(states_of(walk({happened(400, "restore_pulse", {})})), "100: archived, 400: active");
    PresentItem gone = tender();
    gone.state = "deleted";
    EXPECT_EQ(walk({}, gone).contradictions, 0) << "before the log began";
    EXPECT_EQ(walk({happened(200, "create_pulse", {})}, gone).contradictions, 1) << "it went without a word";
}

TEST(MondayPast, AnItemThatCameFromAnotherBoardIsKnownFromItsArrival) {
    const Past arrived = walk({happened(300, "move_pulse_into_board", {}), phase(400, 2, 1)});
    EXPECT_FALSE(arrived.is_whole);
    EXPECT_EQ(course_of(arrived, 0), "300: Angebot, 400: Auftrag");
    PresentItem away = tender();
    away.state = "deleted";
    EXPECT_EQ(states_of(walk({happened(200, "create_pulse", {}), happened(300, "move_pulse_from_board", {})}, away)),
              "200: active, 300: deleted");
    EXPECT_EQ(states_of(walk({happened(300, "move_pulse_from_board", {}), happened(400, "move_pulse_into_board", {})})),
              "100: active, 300: deleted, 400: active");
}

// Subitems ------------------------------------------------------------------------------------------------------------

PresentItem quote() { return {.id = "41", .name = "A1", .parent_id = "7", .values = {"500", R"({"88"})"}}; }

Past walk_quote(std::vector<Activity> log, const PresentItem &present = quote()) {
    return walk(std::move(log), present, subitem_board());
}

std::string parents_of(const Past &past) {
    std::string parents;
    for (const Version &version : past.versions) {
        parents += (parents.empty() ? "" : ", ") + std::to_string(version.from) + ": " + version.parent_id;
    }
    return parents;
}

TEST(MondayPast, ASubitemBelongsToWhomItsEntriesSay) {
    EXPECT_EQ(parents_of(walk_quote({happened(200, "create_pulse", {{"parent_item_id", 6}}),
                                     happened(300, "move_subitem", {{"parent_item_id", "7"}})})),
              "200: 6, 300: 7");
    EXPECT_EQ(parents_of(walk_quote(
                  {happened(200, "create_pulse", {{"parent_item_id", 6}}), happened(300, "move_subitem", {})})),
              "200: 6, 300: 7");
    EXPECT_EQ(parents_of(walk_quote({happened(300, "move_subitem", {{"parent_item_id", 7}})})), "300: 7")
        << "where it was before, nobody says";
    EXPECT_TRUE(walk_quote({happened(300, "move_subitem", {{"parent_item_id", 7}})}).came_from_elsewhere);
    EXPECT_EQ(parents_of(walk_quote({})), "100: 7");
}

TEST(MondayPast, LinksAreThoseOfThen) {
    const Activity linked = happened(300, "update_column_value",
                                     {{"column_id", "link"},
                                      {"column_type", "board-relation"},
                                      {"value", {{"linkedPulseIds", {{{"linkedPulseId", 88}}}}}},
                                      {"previous_value", nullptr}});
    EXPECT_EQ(course_of(walk_quote({linked}), 1), R"(100: {}, 300: {"88"})");
}

TEST(MondayPast, ASubitemGoesWithItsParent) {
    const auto of_parent = [](Microseconds at, const char *event) {
        return *read_activity(event, R"({"pulse_id": 7})", at);
    };
    const Activity created = happened(200, "create_pulse", {{"parent_item_id", 7}});
    EXPECT_EQ(states_of(walk_quote({created, of_parent(300, "archive_pulse"), of_parent(400, "restore_pulse")})),
              "200: active, 300: archived, 400: active");
    EXPECT_EQ(states_of(walk_quote({of_parent(300, "archive_pulse"), of_parent(400, "restore_pulse")})),
              "100: active, 300: archived, 400: active");
    PresentItem deleted = quote();
    deleted.state = "deleted";
    EXPECT_EQ(states_of(walk_quote({created, happened(250, "delete_pulse", {{"parent_item_id", 7}}),
                                    of_parent(300, "archive_pulse"), of_parent(400, "restore_pulse")},
                                   deleted)),
              "200: active, 250: deleted")
        << "what was deleted before is not archived, and does not come back";
    EXPECT_EQ(states_of(walk_quote({created, *read_activity("archive_pulse", R"({"pulse_id": 8})", 300)})),
              "200: active")
        << "somebody else's parent";
}

}  // namespace
}  // namespace pipeline_forecast::monday
