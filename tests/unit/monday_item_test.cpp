#include "core/monday/item.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/input_error.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;
using Names = std::vector<std::string_view>;

Board hidden_board(const char *decimal_mark = ".", const char *date_format = "YYYY-MM-DD") {
    json board = json::parse(R"({"role": "hidden", "columns": [
        {"column_id": "q", "field": "quote_amount", "kind": "numbers"},
        {"column_id": "r", "field": "m2_rate", "kind": "formula"},
        {"column_id": "d", "field": "invoice_date", "kind": "text"},
        {"column_id": "a", "field": "account", "kind": "text"},
        {"column_id": "s", "field": "status", "kind": "status", "labels": {"1": "Won", "2": 7}}]})");
    board["decimal_mark"] = decimal_mark;
    board["date_format"] = date_format;
    return read_board(board.dump());
}

Item read(const std::string &item, const Board &board = hidden_board()) { return read_item(json::parse(item), board); }

// An item whose only column value is the given one.
Item with_column(const std::string &column_value, const Board &board = hidden_board()) {
    return read(R"({"id": "1", "name": "N", "column_values": [)" + column_value + "]}", board);
}

std::optional<std::string> value_of(const Item &item, const Board &board, std::string_view field) {
    for (std::size_t i = 0; i < board.columns.size(); ++i) {
        if (board.columns[i].field->name == field) return item.values[i];
    }
    ADD_FAILURE() << "the board has no field " << field;
    return std::nullopt;
}

TEST(MondayItem, IsReadWithItsFields) {
    const Board board = hidden_board();
    const Item item =
        read(R"({"id": 12, "name": " 17425_25.01 ", "state": "archived", "updated_at": "2026-03-21T08:47:10Z",
        "parent_item": {"id": "99"}, "column_values": [
            {"id": "q", "type": "numbers", "text": "18737.37"}, {"id": "s", "type": "status", "value": "{\"index\":1}"},
            {"id": "unmapped", "type": "text", "text": "x"}]})");
    EXPECT_EQ(item.refusal, "");
    EXPECT_EQ(item.id, "12");
    EXPECT_EQ(item.name, " 17425_25.01 ") << "exact names link first, so a name stays as it is";
    EXPECT_EQ(item.state, "archived");
    EXPECT_EQ(item.updated_at, "2026-03-21T08:47:10Z");
    EXPECT_EQ(item.parent_id, "99");
    EXPECT_EQ(value_of(item, board, "quote_amount"), "18737.37");
    EXPECT_EQ(value_of(item, board, "status"), "Won");
    EXPECT_EQ(value_of(item, board, "account"), std::nullopt);
    EXPECT_EQ(item.absent_fields, (Names{"m2_rate", "invoice_date", "account"}));
    EXPECT_EQ(item.direct_fields, Names{"quote_amount"});
    EXPECT_TRUE(item.refusals.empty());
}

TEST(MondayItem, OneThatCannotBeKeptSaysWhy) {
    const std::pair<const char *, const char *> refused[]{
        {"7", "not an item"},
        {"[]", "not an item"},
        {"{}", "item without an id"},
        {R"({"id": ""})", "item without an id"},
        {R"({"id": {"x": 1}})", "item without an id"},
        {R"({"id": 1.5})", "item without an id"},
        {R"({"id": "1", "state": "all"})", "unknown state all"},
        {R"({"id": "1", "state": 7})", "unknown state 7"},
    };
    for (const auto &[item, reason] : refused) EXPECT_EQ(read(item).refusal, reason) << item;
    EXPECT_EQ(read(R"({"id": ")" + std::string(101, '1') + R"("})").refusal, "item without an id");
}

TEST(MondayItem, WithoutAStateIsActive) {
    EXPECT_EQ(read(R"({"id": "1"})").state, "active");
    EXPECT_EQ(read(R"({"id": "1", "state": null})").state, "active");
}

TEST(MondayItem, AMomentThatCannotBeReadIsUnknown) {
    const Item item = read(R"({"id": "1", "updated_at": "yesterday"})");
    EXPECT_EQ(item.updated_at, std::nullopt);
    ASSERT_EQ(item.refusals.size(), 1U);
    EXPECT_EQ(item.refusals[0].field, "updated_at");
    EXPECT_EQ(item.refusals[0].raw, "yesterday");
}

TEST(MondayItem, OneBadValueLeavesTheRest) {
    const Board board = hidden_board();
    for (const char *bad : {"(500)", "12%", "1.2k", "NaN", "Infinity", "100, 200", "1e5", "100000000000000", "--5"}) {
        const Item item = read(R"({"id": "1", "column_values": [{"id": "q", "text": ")" + std::string(bad) +
                               R"("}, {"id": "a", "text": "Acme"}]})");
        EXPECT_EQ(value_of(item, board, "quote_amount"), std::nullopt) << bad;
        EXPECT_EQ(value_of(item, board, "account"), "Acme") << bad;
        ASSERT_EQ(item.refusals.size(), 1U) << bad;
        EXPECT_EQ(item.refusals[0].field, "quote_amount");
        EXPECT_EQ(item.refusals[0].raw, bad);
        EXPECT_NE(item.refusals[0].reason, "");
        EXPECT_EQ(item.direct_fields, Names{"quote_amount"}) << "unknown, and not to be guessed";
    }
}

TEST(MondayItem, ATextMayBeOfAnyLength) {
    const std::string text(10'000, 'x');
    const Board board = hidden_board();
    const Item item = with_column(R"({"id": "a", "text": ")" + text + R"("})", board);
    EXPECT_EQ(value_of(item, board, "account"), text);
}

TEST(MondayItem, NumbersFollowTheStyleOfTheBoard) {
    const Board comma = hidden_board(",");
    const auto quote = [&](const char *text) {
        return value_of(with_column(R"({"id": "q", "type": "text", "text": ")" + std::string(text) + R"("})", comma),
                        comma, "quote_amount");
    };
    EXPECT_EQ(quote("1.234,50 €"), "1234.50");
    EXPECT_EQ(quote("1 234,5"), "1234.5");
    EXPECT_EQ(quote("1.234"), "1234");
    EXPECT_EQ(quote("12.5"), std::nullopt) << "no group of thousands";
    const Item plain = with_column(R"({"id": "q", "type": "numbers", "text": "12.5"})", comma);
    EXPECT_EQ(value_of(plain, comma, "quote_amount"), "12.5")
        << "a numbers column writes a point whatever the board shows";
    const Item shown = with_column(R"({"id": "q", "type": "numbers", "text": "1.234,50"})", comma);
    EXPECT_EQ(value_of(shown, comma, "quote_amount"), "1234.50");
}

TEST(MondayItem, DatesAreIsoOrAsTheBoardSays) {
    const Board iso = hidden_board();
    const Board european = hidden_board(".", "DD/MM/YYYY");
    const auto invoice = [](const char *text, const Board &board) {
        return value_of(with_column(R"({"id": "d", "text": ")" + std::string(text) + R"("})", board), board,
                        "invoice_date");
    };
    EXPECT_EQ(invoice("2025-05-20", iso), "2025-05-20");
    EXPECT_EQ(invoice("20/05/2025", iso), std::nullopt);
    EXPECT_EQ(invoice("20/05/2025", european), "2025-05-20");
    EXPECT_EQ(invoice("2025-05-20", european), "2025-05-20");
    EXPECT_EQ(invoice("05/20/2025", european), std::nullopt);
    EXPECT_EQ(invoice("20.05.2025", european), std::nullopt);
    const Item refused = with_column(R"({"id": "d", "text": "May"})", european);
    ASSERT_EQ(refused.refusals.size(), 1U);
    EXPECT_EQ(refused.refusals[0].reason, "not a day in the format DD/MM/YYYY");
}

TEST(MondayItem, WhatTheApiCannotReadIsDerived) {
    EXPECT_EQ(with_column(R"({"id": "r", "type": "formula", "text": "", "display_value": ""})").direct_fields, Names{});
    EXPECT_EQ(with_column(R"({"id": "r", "type": "formula", "display_value": "1, 2"})").direct_fields, Names{});
    EXPECT_EQ(with_column(R"({"id": "r", "type": "formula", "display_value": "12"})").direct_fields, Names{"m2_rate"});
    EXPECT_EQ(with_column(R"({"id": "q", "type": "numbers", "text": ""})").direct_fields, Names{"quote_amount"})
        << "a blank number is blank";
    EXPECT_EQ(with_column(R"({"id": "q", "type": "mirror", "display_value": ""})").direct_fields, Names{})
        << "the column became a mirror";
}

TEST(MondayItem, ASubitemKnowsItsConnections) {
    const Board board = read_board(R"({"role": "subitem", "decimal_mark": ".", "date_format": "YYYY-MM-DD", "columns": [
        {"column_id": "c", "field": "hidden_item_id", "kind": "board_relation"},
        {"column_id": "k", "field": "account_id", "kind": "board_relation"},
        {"column_id": "s", "field": "status", "kind": "mirror"}]})");
    const Item item = read(R"({"id": "1", "column_values": [
        {"id": "c", "type": "board_relation", "linked_item_ids": ["5", "a\"b\\c"], "display_value": "x"},
        {"id": "k", "type": "board_relation", "linked_item_ids": ["8", "9"], "display_value": "y"},
        {"id": "s", "type": "mirror", "display_value": "Won"}]})",
                           board);
    EXPECT_EQ(value_of(item, board, "hidden_item_id"), R"({"5","a\"b\\c"})");
    EXPECT_EQ(value_of(item, board, "account_id"), "8, 9");
    EXPECT_EQ(value_of(item, board, "status"), "Won");
    EXPECT_EQ(item.direct_fields, (Names{"account_id", "status"}));
}

TEST(MondayItem, AProjectWasCreatedWhenItsItemWas) {
    const Board board = read_board(R"({"role": "parent", "decimal_mark": ".", "date_format": "YYYY-MM-DD", "columns": [
        {"field": "date_created", "kind": "creation_log"}, {"column_id": "n", "field": "project_name", "kind": "text"},
        {"column_id": "w", "field": "rating_score", "kind": "numbers"}]})");
    ASSERT_EQ(board.columns.size(), 2U) << "what is written is not read";
    const Item item = read(
        R"({"id": "1", "created_at": "2025-01-02T23:00:00Z", "column_values": [{"id": "n", "text": " "}]})", board);
    EXPECT_EQ(value_of(item, board, "date_created"), "2025-01-02");
    EXPECT_EQ(item.direct_fields, Names{}) << "a blank name is looked for among the hidden items";
    EXPECT_EQ(read(R"({"id": "1"})", board).absent_fields, (Names{"date_created", "project_name"}));
}

TEST(MondayBoard, FieldsAndRolesHaveToExist) {
    EXPECT_THROW((void)read_board(R"({"role": "child", "decimal_mark": ".", "date_format": "", "columns": []})"),
                 InputError);
    EXPECT_THROW((void)read_board(R"({"role": "hidden", "decimal_mark": ".", "date_format": "", "columns": [
        {"column_id": "x", "field": "pipeline_stage", "kind": "text"}]})"),
                 InputError);
}

TEST(MondayField, EachRoleHasItsOwn) {
    for (const Role role : {Role::kParent, Role::kSubitem, Role::kHidden}) {
        EXPECT_EQ(parse_role(to_string(role)), role);
        std::set<std::string_view> names;
        for (const Field &field : fields_of(role)) EXPECT_TRUE(names.insert(field.name).second) << field.name;
    }
    EXPECT_EQ(parse_role("mirror"), std::nullopt);
    EXPECT_NE(find_field(Role::kParent, "pipeline_stage"), nullptr);
    EXPECT_EQ(find_field(Role::kHidden, "pipeline_stage"), nullptr);
    EXPECT_EQ(find_field(Role::kHidden, "quote_amount")->origin, Origin::kDerived);
    EXPECT_EQ(find_field(Role::kHidden, "material_value")->origin, Origin::kRead);
    EXPECT_EQ(find_field(Role::kSubitem, "material_value")->origin, Origin::kDerived) << "it is the hidden item's";
}

}  // namespace
}  // namespace pipeline_forecast::monday
