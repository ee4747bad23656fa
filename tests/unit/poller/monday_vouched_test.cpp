#include "poller/monday/vouched.hpp"

#include <gtest/gtest.h>

namespace poller::monday {
namespace {

using nlohmann::json;

json after(std::string_view data, std::vector<std::string> paths) {
    std::vector<ApiError> errors;
    errors.reserve(paths.size());
    for (std::string &path : paths) {
        errors.push_back({ErrorKind::kBusy, "tooManyRequests", "", std::move(path), std::nullopt});
    }
    return vouched(json::parse(data), errors);
}

constexpr std::string_view kItems = R"({"items":[
    {"id":"7","state":"active","column_values":[{"id":"a","text":"1"},{"id":"b","text":null}],"subitems":[{"id":"9"}]},
    {"id":"8","state":null,"column_values":[{"id":"a","text":"2"}],"subitems":[]}]})";

TEST(MondayVouched, AnAnswerWithoutErrorsIsWhole) { EXPECT_EQ(after(kItems, {}), json::parse(kItems)); }

TEST(MondayVouched, ACellThatFailedDidNotCome) {
    for (const char *path :
         {"items.0.column_values.1", "items.0.column_values.1.text", "items.0.column_values.1.linked_items.0.id"}) {
        const json data = after(kItems, {path});
        EXPECT_TRUE(data["items"][0]["column_values"][1].is_null()) << path;
        EXPECT_EQ(data["items"][0]["column_values"][0]["text"], "1") << path;
        EXPECT_EQ(data["items"][1], json::parse(kItems)["items"][1]) << path;
    }
}

TEST(MondayVouched, AnItemOfWhichMoreFailedIsUnknown) {
    for (const char *path : {"items.1.state", "items.1.updated_at", "items.1.board.id", "items.1.parent_item"}) {
        const json data = after(kItems, {path});
        EXPECT_TRUE(data["items"][1].is_null()) << path;
        EXPECT_EQ(data["items"][0]["id"], "7") << path;
    }
}

TEST(MondayVouched, AListOfSubitemsThatFailedInPartIsNoList) {
    for (const char *path : {"items.0.subitems", "items.0.subitems.0", "items.0.subitems.0.id"}) {
        const json data = after(kItems, {path});
        EXPECT_TRUE(data["items"][0]["subitems"].is_null()) << path;
        EXPECT_EQ(data["items"][0]["state"], "active") << path;
    }
}

TEST(MondayVouched, SeveralErrorsKeepTheirPlaces) {
    const json data = after(kItems, {"items.0", "items.1.column_values.0.text", "items.0.column_values.1"});
    EXPECT_EQ(data["items"].size(), 2U);
    EXPECT_TRUE(data["items"][1]["column_values"][0].is_null());
}

// A null cursor says that the page is the last one.
TEST(MondayVouched, APageWhoseCursorFailedIsNoPage) {
    constexpr std::string_view first = R"({"boards":[{"id":"1","items_page":{"cursor":null,"items":[{"id":"5"}]}}]})";
    EXPECT_TRUE(after(first, {"boards.0.items_page.cursor"})["boards"][0]["items_page"].is_null());
    EXPECT_TRUE(after(first, {"boards.0.items_page.items"})["boards"][0]["items_page"].is_null());
    constexpr std::string_view next = R"({"next_items_page":{"cursor":null,"items":[{"id":"5"},null]}})";
    EXPECT_TRUE(after(next, {"next_items_page.cursor"})["next_items_page"].is_null());
    EXPECT_FALSE(after(next, {"next_items_page.items.1"})["next_items_page"].is_null());
}

TEST(MondayVouched, AnErrorWithoutAPlaceLeavesNothing) { EXPECT_TRUE(after(kItems, {""}).empty()); }

TEST(MondayVouched, PlacesThatAreNotThereAreNone) {
    for (const char *path :
         {"items.7.state", "items.-1", "items.x.y", "boards.0", "items.0.column_values.99.text", "."}) {
        EXPECT_EQ(after(kItems, {path}), json::parse(kItems)) << path;
    }
}

}  // namespace
}  // namespace poller::monday
