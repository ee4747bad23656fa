#include "core/monday/board_config.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/input_error.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

json three_boards() {
    return json::parse(R"({"boards": [
        {"board_id": 1, "role": "parent", "name": "Projects", "currency": "EUR", "columns": [
            {"column_id": "stage", "title": "Stage", "kind": "status", "field": "pipeline_stage", "labels": {"1": "Won"}},
            {"column_id": "days", "title": "Days", "kind": "numbers", "field": "expected_gestation_days", "writable": true},
            {"column_id": "note", "title": "Note", "kind": "text", "field": null}]},
        {"board_id": "2", "role": "subitem", "name": "Subitems", "parent_board_id": "1", "columns": [
            {"column_id": "link", "kind": "board_relation", "field": "hidden_item_id"}]},
        {"board_id": "3", "role": "hidden", "name": "Quotes", "parent_board_id": 1, "decimal_mark": ",", "date_format": "DD/MM/YYYY",
         "columns": [{"column_id": "quote", "kind": "numbers", "field": "quote_amount", "writable": false}]}]})");
}

// What is wrong with the three boards after a change: "no error" or the message.
template <typename Change>
std::string refusal_after(Change change) {
    json config = three_boards();
    change(config["boards"]);
    try {
        (void)read_board_config(config.dump());
    } catch (const InputError &error) {
        EXPECT_EQ(error.sqlstate(), kInvalidParameter);
        EXPECT_FALSE(error.hint().empty());
        return error.what();
    }
    return "no error";
}

TEST(MondayBoardConfig, IsReadWithItsDefaults) {
    const std::vector<BoardConfig> boards = read_board_config(three_boards().dump());
    ASSERT_EQ(boards.size(), 3U);
    EXPECT_EQ(boards[0].board_id, "1");
    EXPECT_EQ(boards[0].currency, "EUR");
    EXPECT_EQ(boards[0].decimal_mark, ".");
    EXPECT_EQ(boards[0].date_format, "YYYY-MM-DD");
    EXPECT_EQ(boards[0].parent_board_id, std::nullopt);
    ASSERT_EQ(boards[0].columns.size(), 2U) << "a column without a field is left out";
    EXPECT_EQ(boards[0].columns[0].field->name, "pipeline_stage");
    EXPECT_EQ(boards[0].columns[0].title, "Stage");
    EXPECT_EQ(boards[0].columns[0].labels, (Labels{{"1", "Won"}}));
    EXPECT_EQ(boards[1].columns[0].title, std::nullopt);
    EXPECT_EQ(boards[2].parent_board_id, "1");
    EXPECT_EQ(boards[2].decimal_mark, ",");
    EXPECT_EQ(boards[2].date_format, "DD/MM/YYYY");
}

TEST(MondayBoardConfig, BoardsThatMakeNoSenseAreRefused) {
    const auto set = [](int board, const char *key, const json &value) {
        return [=](json &boards) { boards[static_cast<std::size_t>(board)][key] = value; };
    };
    const auto without = [](int board, const char *key) {
        return [=](json &boards) { boards[static_cast<std::size_t>(board)].erase(key); };
    };
    EXPECT_EQ(refusal_after(without(0, "board_id")), "board configuration: a board needs \"board_id\"");
    EXPECT_EQ(refusal_after(set(0, "board_id", true)), "board configuration: a board: \"board_id\" must be a text");
    EXPECT_EQ(refusal_after(set(0, "board_id", std::string(101, '1'))),
              "board configuration: a board: \"board_id\" is longer than 100 bytes");
    EXPECT_EQ(refusal_after(without(0, "role")), "board configuration: board \"1\" needs \"role\"");
    EXPECT_EQ(refusal_after(set(0, "role", "main")), "board configuration: board \"1\": unknown role \"main\"");
    EXPECT_EQ(refusal_after(set(0, "name", " ")), "board configuration: board \"1\" needs \"name\"");
    EXPECT_EQ(refusal_after(set(0, "parent_board_id", "2")),
              "board configuration: board \"1\": a parent board has no \"parent_board_id\"");
    EXPECT_EQ(refusal_after(without(1, "parent_board_id")),
              "board configuration: board \"2\" needs \"parent_board_id\"");
    EXPECT_EQ(refusal_after(set(1, "parent_board_id", "3")),
              "board configuration: board \"2\": its parent board \"3\" is a hidden board");
    EXPECT_EQ(refusal_after(set(1, "parent_board_id", "elsewhere")), "no error") << "it may be known already";
    EXPECT_EQ(refusal_after(set(2, "board_id", "2")), "board configuration: board \"2\" stands more than once");
    EXPECT_EQ(refusal_after(set(0, "decimal_mark", "'")),
              "board configuration: board \"1\": \"decimal_mark\" must be \".\" or \",\", not \"'\"");
    EXPECT_EQ(refusal_after(set(0, "date_format", "MM/DD/YYYY")),
              "board configuration: board \"1\": \"date_format\" must be \"YYYY-MM-DD\" or \"DD/MM/YYYY\", not "
              "\"MM/DD/YYYY\"");
    EXPECT_EQ(refusal_after(set(0, "currency", 5)), "board configuration: board \"1\": \"currency\" must be a text");
    EXPECT_EQ(refusal_after(set(0, "colour", "red")), "board configuration: a board has the unknown key \"colour\"");
    EXPECT_EQ(refusal_after(without(0, "columns")), "board configuration: board \"1\" needs a list \"columns\"");
    EXPECT_EQ(refusal_after([](json &boards) { boards[0] = 7; }), "board configuration: a board must be an object");
    EXPECT_EQ(refusal_after([](json &boards) { boards = json::array(); }),
              "board configuration: the document needs a list \"boards\" that is not empty");
    EXPECT_EQ(refusal_after([](json &boards) { boards = "x"; }),
              "board configuration: the document needs a list \"boards\" that is not empty");
}

TEST(MondayBoardConfig, ColumnsThatMakeNoSenseAreRefused) {
    const auto column = [](const json &value) { return [=](json &boards) { boards[0]["columns"][0] = value; }; };
    const auto set = [](const char *key, const json &value) {
        return [=](json &boards) { boards[0]["columns"][0][key] = value; };
    };
    EXPECT_EQ(refusal_after(column(json::object())), "board configuration: board \"1\", a column needs \"column_id\"");
    EXPECT_EQ(refusal_after(column("x")), "board configuration: board \"1\", a column must be an object");
    EXPECT_EQ(refusal_after(set("column", "x")),
              "board configuration: board \"1\", a column has the unknown key \"column\"");
    EXPECT_EQ(refusal_after(set("field", "quote_amount")),
              "board configuration: board \"1\", column \"stage\": a parent board has no field \"quote_amount\"");
    EXPECT_EQ(refusal_after(set("field", 7)),
              "board configuration: board \"1\", column \"stage\": \"field\" must be a text");
    EXPECT_EQ(refusal_after(set("kind", "button")),
              "board configuration: board \"1\", column \"stage\": columns of kind \"button\" cannot be read");
    EXPECT_EQ(refusal_after(set("kind", nullptr)), "board configuration: board \"1\", column \"stage\" needs \"kind\"");
    EXPECT_EQ(refusal_after(set("field", "date_created")),
              "board configuration: board \"1\", column \"stage\": a column of kind \"status\" cannot hold field "
              "\"date_created\"");
    EXPECT_EQ(refusal_after(set("field", "rating_score")),
              "board configuration: board \"1\", column \"stage\": a column of kind \"status\" cannot hold field "
              "\"rating_score\"");
    EXPECT_EQ(refusal_after(set("writable", true)),
              "board configuration: board \"1\", column \"stage\": field \"pipeline_stage\" is read, not written, so "
              "\"writable\" is false");
    EXPECT_EQ(refusal_after([](json &boards) { boards[0]["columns"][1]["writable"] = false; }),
              "board configuration: board \"1\", column \"days\": field \"expected_gestation_days\" is written to the "
              "board, so \"writable\" is true");
    EXPECT_EQ(refusal_after(set("writable", "yes")),
              "board configuration: board \"1\", column \"stage\": \"writable\" must be true or false");
    EXPECT_EQ(
        refusal_after(set("labels", json::array())),
        "board configuration: board \"1\", column \"stage\": \"labels\" must be an object of label ids and texts");
    EXPECT_EQ(refusal_after(set("labels", json{{"1", 2}})),
              "board configuration: board \"1\", column \"stage\": label \"1\" must be a text");
    EXPECT_EQ(refusal_after(set("column_id", "days")),
              "board configuration: board \"1\", column \"days\" stands more than once");
    EXPECT_EQ(refusal_after([](json &boards) {
                  boards[0]["columns"][2] = {{"column_id", "s2"}, {"kind", "text"}, {"field", "pipeline_stage"}};
              }),
              "board configuration: board \"1\", column \"s2\": field \"pipeline_stage\" has a column already");
    EXPECT_EQ(refusal_after([](json &boards) { boards[1]["columns"][0]["kind"] = "text"; }),
              "board configuration: board \"2\", column \"link\": a column of kind \"text\" cannot hold field "
              "\"hidden_item_id\"");
}

TEST(MondayBoardConfig, OtherDocumentsAreRefused) {
    for (const char *text :
         {"", "null", "[]", "{}", "{\"boards\": null}", "{\"board\": []}", "{\"boards\": [null]}", "nonsense"}) {
        EXPECT_THROW((void)read_board_config(text), InputError) << text;
    }
}

}  // namespace
}  // namespace pipeline_forecast::monday
