#include "poller/monday/push_plan.hpp"

#include <gtest/gtest.h>

namespace poller::monday {
namespace {

using nlohmann::json;

PushPlan plan() {
    return PushPlan::from_json(json::parse(R"({
        "item_id": "101", "board_id": "1", "columns": {"days": "80", "rate": "45.30"}, "columns_hash": "c", "columns_key": "k1",
        "comment_html": "<h3>Pipeline analysis</h3>", "comment_heading": "Pipeline analysis", "comment_hash": "d",
        "comment_key": "k2", "update_id": "900", "in_doubt": true})"));
}

// An item as pushed_items gives it, among others.
json item(const char *columns, const char *updates, const char *state = "active") {
    json data = json::parse(R"({"me": {"id": "7"}, "items": [{"id": "101"}, {"id": "102", "state": "active"}]})");
    data["items"][0]["state"] = state;
    data["items"][0]["column_values"] = json::parse(columns);
    data["items"][0]["updates"] = json::parse(updates);
    return data;
}

TEST(PushPlan, FromTheDatabase) {
    const PushPlan read = plan();
    EXPECT_EQ(read.item_id, "101");
    EXPECT_TRUE(read.writes_columns());
    EXPECT_TRUE(read.writes_comment());
    EXPECT_TRUE(read.in_doubt);
    EXPECT_EQ(read.summary(), "columns days 80, rate 45.30; comment");
}

TEST(PushPlan, NothingToWrite) {
    const PushPlan read = PushPlan::from_json(
        json::parse(R"({"item_id": "101", "columns": null, "comment_html": null, "update_id": null})"));
    EXPECT_FALSE(read.writes_columns());
    EXPECT_FALSE(read.writes_comment());
    EXPECT_EQ(read.update_id, "");
    EXPECT_EQ(read.summary(), "nothing");
}

TEST(PushedItem, HoldsColumnsWhoseNumbersAreTheSame) {
    const auto holds = [](const char *columns) { return read_pushed_item(item(columns, "[]"), plan()).holds_columns; };
    EXPECT_TRUE(holds(R"([{"id":"days","text":"80"},{"id":"rate","text":"45.3"},{"id":"other","text":"x"}])"));
    EXPECT_FALSE(holds(R"([{"id":"days","text":"80"},{"id":"rate","text":"45.31"}])"));
    EXPECT_FALSE(holds(R"([{"id":"days","text":"80"},{"id":"rate","text":""}])"));
    EXPECT_FALSE(holds(R"([{"id":"days","text":"80"}])"));
    EXPECT_FALSE(holds(R"([{"id":"days","text":"80"},{"id":"rate","text":null}])"));
    EXPECT_FALSE(holds("null"));
}

TEST(PushedItem, OwnCommentIsOfThisUserAndBeginsWithTheHeading) {
    const auto own = [](const char *updates) { return read_pushed_item(item("[]", updates), plan()).own_comment; };
    EXPECT_EQ(own(R"([{"id":"1","creator_id":"8","text_body":"Pipeline analysis of mine"},
                      {"id":"2","creator_id":"7","text_body":"Hello"},
                      {"id":3,"creator_id":7,"text_body":"\n Pipeline analysis\nDays: 5"}])"),
              "3");
    EXPECT_EQ(own(R"([{"id":"1","creator_id":"8","text_body":"Pipeline analysis"}])"), "");
    EXPECT_EQ(own("null"), "");
}

TEST(PushedItem, AKnownCommentIsGoneOnlyIfAllCommentsWereRead) {
    EXPECT_TRUE(read_pushed_item(item("[]", "[]"), plan()).known_comment_is_gone);
    EXPECT_FALSE(read_pushed_item(item("[]", R"([{"id":"900"}])"), plan()).known_comment_is_gone);
    json many = json::array();
    for (int i = 0; i < kCommentsRead; ++i) many.push_back({{"id", std::to_string(i)}});
    EXPECT_FALSE(read_pushed_item(item("[]", many.dump().c_str()), plan()).known_comment_is_gone);
}

TEST(PushedItem, State) {
    EXPECT_EQ(read_pushed_item(item("[]", "[]", "archived"), plan()).state, "archived");
    EXPECT_EQ(read_pushed_item(json::parse(R"({"items": []})"), plan()).state, "");
    EXPECT_EQ(read_pushed_item(json::parse(R"({"items": [null]})"), plan()).state, "");
}

}  // namespace
}  // namespace poller::monday
