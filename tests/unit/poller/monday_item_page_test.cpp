#include "poller/monday/item_page.hpp"

#include <gtest/gtest.h>

#include "poller/monday/queries/documents.hpp"

namespace poller::monday {
namespace {

using nlohmann::json;
using Ids = std::vector<std::string>;

TEST(MondayItemPage, OfABoard) {
    const auto page = first_page(json::parse(
        R"({"boards":[{"id":"1","items_count":7,"items_page":{"cursor":"c","items":[{"id":"5"},{"id":6}]}}]})"));
    ASSERT_TRUE(page);
    EXPECT_EQ(ids_of(page->items), (Ids{"5", "6"}));
    EXPECT_EQ(page->cursor, "c");
    EXPECT_EQ(page->board_size, 7);
}

TEST(MondayItemPage, TheLastHasNoCursor) {
    const auto page = next_page(json::parse(R"({"next_items_page":{"cursor":null,"items":[]}})"));
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->items.empty());
    EXPECT_EQ(page->cursor, std::nullopt);
}

// Absence of items is taken for their deletion, so a page that is not there must not look like an empty one.
TEST(MondayItemPage, WhatIsNotThereIsNoEmptyPage) {
    for (const char *text :
         {R"({})", R"({"boards":null})", R"({"boards":[]})", R"({"boards":[null]})",
          R"({"boards":[{"id":"1","items_page":null}]})", R"({"boards":[{"items_page":{"items":null}}]})"}) {
        EXPECT_FALSE(first_page(json::parse(text))) << text;
    }
    EXPECT_FALSE(next_page(json::parse(R"({"next_items_page":null})")));
    EXPECT_FALSE(items_of(json::parse(R"({"items":null})")));
}

TEST(MondayItems, NullElementsAreLeftOutAndSaidToBeThere) {
    const auto list = items_of(json::parse(
        R"({"items":[null,{"id":"5","board":{"id":"1"},"subitems":[{"id":"7"},null,{"id":"8"}]},{"id":"6","subitems":null}]})"));
    ASSERT_TRUE(list);
    EXPECT_TRUE(list->has_nulls);
    const json &items = list->items;
    EXPECT_EQ(ids_of(items), (Ids{"5", "6"}));
    EXPECT_EQ(board_of(items[0]), "1");
    EXPECT_EQ(board_of(items[1]), "");
    EXPECT_EQ(subitem_ids_of(items[0]), (Ids{"7", "8"}));
    EXPECT_EQ(subitem_ids_of(items[1]), Ids{});
    EXPECT_FALSE(items_of(json::parse(R"({"items":[{"id":"5"}]})"))->has_nulls);
}

TEST(MondayItems, TheBoardsThatCameAreThoseThatMayBeRead) {
    EXPECT_EQ(boards_of(json::parse(R"({"boards":[{"id":"1"},null,{"id":3}]})")), (std::set<std::string>{"1", "3"}));
    EXPECT_TRUE(boards_of(json::parse(R"({"boards":null})")).empty());
}

TEST(MondayActivities, NameTheirItemsInOneOfSeveralWays) {
    const auto entries = activities_of(json::parse(R"([
        {"event":"delete_pulse","data":"{\"pulse_id\":5,\"board_id\":1}"},
        {"event":"batch_archive_pulses","data":"{\"pulse_ids\":[6,\"7\"]}"},
        {"event":"board_view_changed","data":"{\"view\":1}"},
        {"event":"odd","data":"not JSON"},
        {"event":"odd","data":null}])"));
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].event, "delete_pulse");
    EXPECT_EQ(entries[0].item_ids, Ids{"5"});
    EXPECT_EQ(entries[1].item_ids, (Ids{"6", "7"}));
}

TEST(MondayActivities, ComeInPagesOfEitherForm) {
    const auto by_page =
        log_page(json::parse(R"({"boards":[{"id":"1","activity_logs":[{"event":"x"},{"event":"y"}]}]})"));
    ASSERT_TRUE(by_page);
    EXPECT_EQ(by_page->entries.size(), 2U);
    EXPECT_FALSE(by_page->cursor);
    const auto by_cursor =
        log_page(json::parse(R"({"boards":[{"id":"1","activity_logs":{"cursor":"c7","logs":[{"event":"x"}]}}]})"));
    ASSERT_TRUE(by_cursor);
    EXPECT_EQ(by_cursor->entries.size(), 1U);
    EXPECT_EQ(by_cursor->cursor, "c7");
    for (const char *data :
         {R"({"boards":[null]})", R"({"boards":[]})", R"({"boards":[{"id":"1","activity_logs":null}]})",
          R"({"boards":[{"id":"1","activity_logs":{"cursor":null,"logs":null}}]})"}) {
        EXPECT_FALSE(log_page(json::parse(data))) << data;
    }
}

TEST(MondayDocuments, AreCompiledInWithWhatTheyImportAndWithoutComments) {
    EXPECT_EQ(documents::board_page.name, "board_page");
    const std::string_view text = documents::board_page.text;
    EXPECT_NE(text.find("query board_page("), std::string_view::npos);
    EXPECT_NE(text.find("fragment synced_item on Item"), std::string_view::npos);
    EXPECT_EQ(text.find('#'), std::string_view::npos);
}

}  // namespace
}  // namespace poller::monday
