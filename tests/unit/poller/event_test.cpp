#include "poller/webhooks/event.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poller {
namespace {

using namespace std::chrono_literals;
using Fault = Malformed::Fault;

const std::chrono::system_clock::time_point kNoon{std::chrono::hours(12)};

Event event_of(std::string_view body, std::chrono::system_clock::time_point arrival = kNoon) {
    auto parsed = parse_webhook(body, arrival);
    if (const auto *malformed = std::get_if<Malformed>(&parsed)) {
        ADD_FAILURE() << malformed->reason;
        return {};
    }
    EXPECT_TRUE(std::holds_alternative<Event>(parsed)) << body;
    return std::holds_alternative<Event>(parsed) ? std::get<Event>(parsed) : Event{};
}

Malformed malformed_of(std::string_view body) {
    auto parsed = parse_webhook(body, kNoon);
    EXPECT_TRUE(std::holds_alternative<Malformed>(parsed)) << body;
    return std::holds_alternative<Malformed>(parsed) ? std::get<Malformed>(parsed) : Malformed{};
}

void expect_malformed(std::string_view body, Fault fault, std::string_view reason) {
    const Malformed malformed = malformed_of(body);
    EXPECT_EQ(malformed.fault, fault) << body;
    EXPECT_EQ(malformed.reason, reason) << body;
}

std::string nested(int levels) {
    std::string body = R"({"event":{"type":"create_pulse","boardId":1,"pulseId":2,"value":)";
    for (int i = 2; i < levels; ++i) body += '[';
    for (int i = 2; i < levels; ++i) body += ']';
    return body + "}}";
}

TEST(WebhookEvent, AColumnOfAnItemChanged) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"update_column_value","triggerTime":"2026-11-05T17:52:53.186Z","subscriptionId":4667,
 "isRetry":false,"userId":6721,"originalTriggerUuid":null,"boardId":77867,"groupId":"topics","pulseId":77868,
 "pulseName":"Developer","columnId":"status_mk1","columnType":"color","columnTitle":"Status",
 "value":{"label":{"index":0,"text":"Working on it","style":{"color":"#fdab3d","border":"#e99729","var_name":"orange"},"is_done":false},"post_id":null},
 "previousValue":null,"changedAt":1793901173.386279,"isTopGroup":true,"triggerUuid":"c1285a470f0fc8f14f54851c5d8eb32f"}})");
    EXPECT_EQ(event.key, "4667:c1285a470f0fc8f14f54851c5d8eb32f:77868:status_mk1");
    EXPECT_EQ(event.subscription_id, "4667");
    EXPECT_EQ(event.type, "change_column_value");
    EXPECT_EQ(event.board_id, "77867");
    EXPECT_EQ(event.item_id, "77868");
    EXPECT_EQ(event.column_id, "status_mk1");
    EXPECT_EQ(event.parent_item_id, "");
    EXPECT_TRUE(event.storable_as_json);
}

TEST(WebhookEvent, AColumnOfASubitemChanged) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"update_column_value","triggerTime":"2026-11-05T17:52:13.231Z","subscriptionId":4668,
 "isRetry":false,"userId":6721,"originalTriggerUuid":null,"boardId":84008,"groupId":"topics","pulseId":84107,"pulseName":"sub",
 "columnId":"date0","columnType":"date","columnTitle":"Date",
 "value":{"date":"2026-11-05","icon":null,"time":null,"changed_at":"2026-11-05T17:52:12.147Z"},"previousValue":null,
 "changedAt":1793901132.8182862,"isTopGroup":true,"triggerUuid":"66b375b08fc869632935c9e6a9c7f8da",
 "parentItemId":"77867","parentItemBoardId":"77866"}})");
    EXPECT_EQ(event.key, "4668:66b375b08fc869632935c9e6a9c7f8da:84107:date0");
    EXPECT_EQ(event.type, "change_column_value");
    EXPECT_EQ(event.board_id, "84008");
    EXPECT_EQ(event.item_id, "84107");
    EXPECT_EQ(event.parent_item_id, "77867");
    EXPECT_EQ(event.column_id, "date0");
}

TEST(WebhookEvent, AnItemWasCreated) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"create_pulse","triggerTime":"2026-11-05T16:28:02.630Z","subscriptionId":4669,"isRetry":false,
 "userId":6721,"originalTriggerUuid":null,"boardId":77867,"pulseId":84097,"pulseName":"New item 1","groupId":"topics",
 "groupName":"Assignments","groupColor":"#579bfc","isTopGroup":true,"columnValues":{},"triggerUuid":"c458fb5edb84c54f4dc42804622aa0c5"}})");
    EXPECT_EQ(event.type, "create_item");
    EXPECT_EQ(event.item_id, "84097");
    EXPECT_EQ(event.parent_item_id, "");
    EXPECT_EQ(event.column_id, "");
}

TEST(WebhookEvent, ASubitemWasCreated) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"create_pulse","triggerTime":"2026-11-05T19:20:55.528Z","subscriptionId":4670,"isRetry":false,
 "userId":6721,"originalTriggerUuid":null,"boardId":84008,"pulseId":84013,"pulseName":"Test","groupId":"topics",
 "groupName":"Subitems","groupColor":"#579bfc","isTopGroup":true,"columnValues":{},"triggerUuid":"1e9eea56686511e9052e6578b56ae018",
 "parentItemId":"77867","parentItemBoardId":"77866","itemId":84013}})");
    EXPECT_EQ(event.type, "create_item");
    EXPECT_EQ(event.board_id, "84008");
    EXPECT_EQ(event.item_id, "84013");
    EXPECT_EQ(event.parent_item_id, "77867");
}

TEST(WebhookEvent, AnItemWasDeletedAndHasNoPulseId) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"delete_pulse","triggerTime":"2026-11-05T16:42:35.957Z","subscriptionId":4671,"isRetry":false,
 "userId":6721,"originalTriggerUuid":null,"boardId":77867,"itemId":84097,"itemName":"New item 1","triggerUuid":"affb23b07576b88d1e9fea50719fb3b7"}})");
    EXPECT_EQ(event.type, "delete_item");
    EXPECT_EQ(event.item_id, "84097");
}

TEST(WebhookEvent, ASubitemWasArchivedAndItsParentIsANumber) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"archive_pulse","triggerTime":"2026-11-05T17:00:12.100Z","subscriptionId":4672,"isRetry":false,
 "userId":6721,"originalTriggerUuid":null,"boardId":84008,"itemId":84096,"itemName":"sub","parentBoardId":77866,
 "parentItemId":77867,"triggerUuid":"a06872557313ca22fe0ee5b87c3fd733","pulseId":84096}})");
    EXPECT_EQ(event.type, "archive_item");
    EXPECT_EQ(event.item_id, "84096");
    EXPECT_EQ(event.parent_item_id, "77867");
}

TEST(WebhookEvent, AnItemWasRenamed) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"update_name","triggerTime":"2026-11-05T16:10:40.628Z","subscriptionId":4673,"isRetry":false,
 "userId":6721,"originalTriggerUuid":null,"boardId":77867,"groupId":"topics","pulseId":77868,"value":{"name":"New Name 2"},
 "previousValue":{"name":"New Name"},"triggerUuid":"91719bd485ebc929a3b0ac8fbdfae313"}})");
    EXPECT_EQ(event.type, "change_name");
    EXPECT_EQ(event.item_id, "77868");
}

TEST(WebhookEvent, AnItemMovedToAnotherGroup) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"move_pulse_into_group","triggerTime":"2026-11-05T17:34:21.803Z","subscriptionId":4674,"isRetry":false,
 "userId":6721,"originalTriggerUuid":null,"boardId":77867,"pulseId":77841,"sourceGroupId":"topics","destGroupId":"g2",
 "destGroup":{"id":"g2","title":"New Group","color":"#cab641","is_top_group":false},"triggerUuid":"2fd89886120f76c463a65dfbbceaa2e2"}})");
    EXPECT_EQ(event.type, "move_item");
    EXPECT_EQ(event.item_id, "77841");
}

TEST(WebhookEvent, ASubitemMovedToAnotherParent) {
    const Event event = event_of(
        R"({"event":{"app":"monday","type":"move_subitem","triggerTime":"2026-11-05T17:32:36.884Z","subscriptionId":4675,"isRetry":false,
 "userId":6721,"sourcePulseId":77867,"destPulseId":77879,"sourceBoardId":77866,"destBoardId":77866,"subitem":84013,
 "triggerUuid":"fde9da6cc5683a2743099fb1aab2e915"}})");
    EXPECT_EQ(event.type, "move_subitem");
    EXPECT_EQ(event.board_id, "77866");
    EXPECT_EQ(event.item_id, "84013");
    EXPECT_EQ(event.parent_item_id, "77879");
}

TEST(WebhookEvent, AnItemWasRestored) {
    const Event event = event_of(
        R"({"event":{"type":"restore_pulse","boardId":1,"itemId":2,"value":{"state":1,"is_undo":true},
            "previousValue":{"state":2},"subscriptionId":3,"triggerUuid":"u"}})");
    EXPECT_EQ(event.type, "restore_item");
    EXPECT_EQ(event.item_id, "2");
}

TEST(WebhookEvent, AnUpdateOfASubitemWasWritten) {
    const Event event = event_of(
        R"({"event":{"type":"create_update","boardId":1,"pulseId":2,"updateId":9,"replyId":null,"body":"<p>x</p>",
            "textBody":"x","parentItemId":"4","parentItemBoardId":"5","subscriptionId":3,"triggerUuid":"u"}})");
    EXPECT_EQ(event.type, "create_update");
    EXPECT_EQ(event.parent_item_id, "4");
}

TEST(WebhookEvent, AColumnWasCreatedAndConcernsNoItem) {
    const Event event = event_of(
        R"({"event":{"type":"create_column","accountId":1,"entity":"board","boardId":7,"columnId":"text1","columnTitle":"T",
            "columnType":"text","createdAt":"x","retryCount":0,"subscriptionId":3,"triggerUuid":"u"}})");
    EXPECT_EQ(event.type, "create_column");
    EXPECT_EQ(event.item_id, "");
    EXPECT_EQ(event.column_id, "text1");
}

TEST(WebhookEvent, EveryNameOfAKindMeansTheSame) {
    const std::pair<std::string_view, std::string_view> names[] = {
        {"update_column_value", "change_column_value"},
        {"change_column_value", "change_column_value"},
        {"change_specific_column_value", "change_column_value"},
        {"change_status_column_value", "change_column_value"},
        {"change_subitem_column_value", "change_column_value"},
        {"create_pulse", "create_item"},
        {"create_item", "create_item"},
        {"create_subitem", "create_item"},
        {"update_name", "change_name"},
        {"change_name", "change_name"},
        {"change_subitem_name", "change_name"},
        {"archive_pulse", "archive_item"},
        {"item_archived", "archive_item"},
        {"subitem_archived", "archive_item"},
        {"delete_pulse", "delete_item"},
        {"item_deleted", "delete_item"},
        {"subitem_deleted", "delete_item"},
        {"restore_pulse", "restore_item"},
        {"item_restored", "restore_item"},
        {"move_pulse_into_group", "move_item"},
        {"item_moved_to_any_group", "move_item"},
        {"item_moved_to_specific_group", "move_item"},
        {"move_subitem", "move_subitem"},
        {"create_update", "create_update"},
        {"create_subitem_update", "create_update"},
        {"edit_update", "edit_update"},
        {"delete_update", "delete_update"},
        {"create_column", "create_column"},
        {"something_new", "something_new"},
    };
    for (const auto &[name, canonical] : names) EXPECT_EQ(canonical_event_type(name), canonical) << name;
}

TEST(WebhookEvent, IdsAreNumbersOrTexts) {
    const Event event = event_of(
        R"({"event":{"type":"create_pulse","boardId":"77867","pulseId":"84097","subscriptionId":"4667","triggerUuid":"u"}})");
    EXPECT_EQ(event.board_id, "77867");
    EXPECT_EQ(event.item_id, "84097");
    EXPECT_EQ(event.key, "4667:u:84097");
}

TEST(WebhookEvent, AnIdBeyond64BitsKeepsItsDigits) {
    EXPECT_EQ(event_of(R"({"event":{"type":"x","boardId":123456789012345678901234567890}})").board_id,
              "123456789012345678901234567890");
    EXPECT_EQ(event_of(R"({"event":{"type":"x","boardId":18446744073709551615}})").board_id, "18446744073709551615");
    EXPECT_EQ(event_of(R"({"event":{"type":"x","boardId":-5}})").board_id, "-5");
}

TEST(WebhookEvent, WithoutATriggerTheBodyIsTheKey) {
    const std::string body =
        R"({"event":{"type":"create_pulse","boardId":1,"pulseId":2,"triggerTime":"2026-11-05T16:28:02.630Z"}})";
    const Event event = event_of(body);
    EXPECT_EQ(event.key.size(), std::string_view("sha256:").size() + 64);
    EXPECT_EQ(event.key, event_of(body, kNoon + 24h).key) << "it names its time, so it is the same whenever it comes";
    const std::string other =
        R"({"event":{"type":"create_pulse","boardId":1,"pulseId":2,"triggerTime":"2026-11-05T16:28:02.631Z"}})";
    EXPECT_NE(event.key, event_of(other).key);
}

TEST(WebhookEvent, WithoutATriggerAndATimeTheMinuteOfArrivalCounts) {
    const std::string body = R"({"event":{"type":"create_pulse","boardId":1,"pulseId":2}})";
    EXPECT_EQ(event_of(body, kNoon).key, event_of(body, kNoon + 59s).key);
    EXPECT_NE(event_of(body, kNoon).key, event_of(body, kNoon + 60s).key);
}

TEST(WebhookEvent, ATriggerWithoutASubscriptionIsAKey) {
    EXPECT_EQ(event_of(R"({"event":{"type":"x","boardId":1,"triggerUuid":"u"}})").key, ":u:");
}

TEST(WebhookEvent, OneTriggerForSeveralEditsMakesAKeyForEach) {
    const auto key = [](std::string_view item, std::string_view column) {
        return event_of(
                   R"({"event":{"type":"update_column_value","boardId":1,"subscriptionId":2,"triggerUuid":"u","pulseId":)" +
                   std::string(item) + R"(,"columnId":")" + std::string(column) + R"("}})")
            .key;
    };
    EXPECT_EQ(key("5", "a"), key("5", "a"));
    EXPECT_NE(key("5", "a"), key("6", "a"));
    EXPECT_NE(key("5", "a"), key("5", "b"));
}

TEST(WebhookEvent, AChallengeIsToldFromAnEvent) {
    const auto parsed = parse_webhook(R"({"challenge":"a\"b \u00e9"})", kNoon);
    ASSERT_TRUE(std::holds_alternative<Challenge>(parsed));
    EXPECT_EQ(std::get<Challenge>(parsed).value, "a\"b é");
    // An event is never lost to a challenge beside it.
    EXPECT_EQ(event_of(R"({"challenge":"x","event":{"type":"x","boardId":1}})").board_id, "1");
    EXPECT_EQ(event_of(R"({"event":{"type":"x","boardId":1},"challenge":"x"})").board_id, "1");
}

TEST(WebhookEvent, AChallengeIsAShortText) {
    expect_malformed(R"({"challenge":7})", Fault::kNotEvent, "\"challenge\" is not a text");
    expect_malformed(R"({"challenge":{"event":{}}})", Fault::kNotEvent, "\"challenge\" is not a text");
    const std::string long_text = R"({"challenge":")" + std::string(kLongestChallenge + 1, 'x') + "\"}";
    expect_malformed(long_text, Fault::kNotEvent, "\"challenge\" has more than 1024 bytes");
}

TEST(WebhookEvent, OfARepeatedKeyTheLastCounts) {
    EXPECT_EQ(event_of(R"({"event":{"type":"x","boardId":1,"boardId":2}})").board_id, "2");
    const Event event =
        event_of(R"({"event":{"type":"x","boardId":1,"columnId":"c"},"event":{"type":"y","boardId":3}})");
    EXPECT_EQ(event.board_id, "3");
    EXPECT_EQ(event.column_id, "") << "nothing of the first one is left";
    expect_malformed(R"({"event":{"type":"x","boardId":1},"event":null})", Fault::kNotEvent,
                     "the body has no object \"event\"");
}

TEST(WebhookEvent, MembersOfInnerObjectsAreNotTaken) {
    const Event event = event_of(
        R"({"other":{"event":{"boardId":8}},"event":{"type":"x","boardId":1,"value":{"boardId":2,"columnId":"c"},
            "columnValues":[{"pulseId":5}]},"boardId":9})");
    EXPECT_EQ(event.board_id, "1");
    EXPECT_EQ(event.column_id, "");
    EXPECT_EQ(event.item_id, "");
}

TEST(WebhookEvent, AnEscapedNulCannotBeStoredAsJson) {
    EXPECT_FALSE(event_of(R"({"event":{"type":"x","boardId":1,"pulseName":"a\u0000b"}})").storable_as_json);
    EXPECT_FALSE(event_of(R"({"event":{"type":"x","boardId":1,"a\u0000b":1}})").storable_as_json);
    EXPECT_TRUE(event_of(R"({"event":{"type":"x","boardId":1,"pulseName":"a\\u0000b"}})").storable_as_json);
}

TEST(WebhookEvent, WhatIsNotJsonIsSaidToBeSo) {
    for (const std::string_view body :
         {"", " ", "x", "{", R"({"event":{"type":"x","boardId":1})", R"({"event":})", R"({"a":1}})",
          R"({"a":1}{"a":1})", "{'a':1}", R"({"a":NaN})", R"({"a":01})", R"({"a":"\ud800"})", R"({"a":1e999})"}) {
        EXPECT_EQ(malformed_of(body).fault, Fault::kNotJson) << body;
    }
    expect_malformed(R"({"event":})", Fault::kNotJson, "the body is not JSON (byte 10)");
}

TEST(WebhookEvent, ARawNulEndsNothing) {
    using namespace std::string_view_literals;
    expect_malformed("{\"event\":{\"type\":\"x\",\"boardId\":1}}\0garbage"sv, Fault::kNotJson,
                     "the body is not JSON (byte 35)");
    EXPECT_EQ(malformed_of("{\"a\":\"\0\"}"sv).fault, Fault::kNotJson);
}

TEST(WebhookEvent, TextIsUtf8WithoutAByteOrderMark) {
    for (const std::string_view bytes :
         {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "caf\xE9"}) {
        const std::string body = R"({"event":{"type":"x","boardId":1,"pulseName":")" + std::string(bytes) + "\"}}";
        EXPECT_EQ(malformed_of(body).fault, Fault::kNotJson) << body;
    }
    expect_malformed("\xEF\xBB\xBF{}", Fault::kNotJson, "the body starts with a byte order mark");
}

TEST(WebhookEvent, NestingIsBounded) {
    EXPECT_EQ(event_of(nested(kDeepestWebhookNesting)).item_id, "2");
    expect_malformed(nested(kDeepestWebhookNesting + 1), Fault::kNotJson, "the body is nested deeper than 64 levels");
    expect_malformed(std::string(200'000, '['), Fault::kNotJson, "the body is nested deeper than 64 levels");
}

TEST(WebhookEvent, WhatIsMissingIsNamed) {
    expect_malformed("{}", Fault::kNotEvent, "the body has no object \"event\"");
    expect_malformed("[]", Fault::kNotEvent, "the body has no object \"event\"");
    expect_malformed("7", Fault::kNotEvent, "the body has no object \"event\"");
    expect_malformed("null", Fault::kNotEvent, "the body has no object \"event\"");
    expect_malformed(R"([{"event":{"type":"x","boardId":1}}])", Fault::kNotEvent, "the body has no object \"event\"");
    expect_malformed(R"({"event":[{"type":"x","boardId":1}]})", Fault::kNotEvent, "the body has no object \"event\"");
    expect_malformed(R"({"event":"x"})", Fault::kNotEvent, "the body has no object \"event\"");
    expect_malformed(R"({"event":{}})", Fault::kNotEvent, "event.type is missing");
    expect_malformed(R"({"event":{"type":null,"boardId":1}})", Fault::kNotEvent, "event.type is missing");
    expect_malformed(R"({"event":{"type":"create_pulse","pulseId":1}})", Fault::kNotEvent, "event.boardId is missing");
    expect_malformed(R"({"event":{"type":"create_pulse","boardId":1}})", Fault::kNotEvent,
                     "event.pulseId, itemId or subitem is missing");
}

TEST(WebhookEvent, WhatIsNoIdIsNamed) {
    const std::string what = " is neither a whole number nor a text of 1 to 255 printable bytes";
    for (const std::string_view value : {"1.5", "1e3", "true", "[1]", "{}", "\"\"", R"("a\u0000b")", R"("a\nb")"}) {
        expect_malformed(R"({"event":{"type":"create_pulse","boardId":)" + std::string(value) + R"(,"pulseId":1}})",
                         Fault::kNotEvent, "event.boardId" + what);
        expect_malformed(R"({"event":{"type":"create_pulse","boardId":1,"itemId":)" + std::string(value) + "}}",
                         Fault::kNotEvent, "event.itemId" + what);
    }
    expect_malformed(R"({"event":{"type":[],"boardId":1}})", Fault::kNotEvent, "event.type" + what);
    expect_malformed(R"({"event":{"type":"x","boardId":")" + std::string(256, '9') + "\"}}", Fault::kNotEvent,
                     "event.boardId" + what);
}

TEST(WebhookEvent, AFieldThatIsNotNeededNeverCostsTheEvent) {
    const Event event = event_of(
        R"({"event":{"type":"x","boardId":1,"columnId":{},"parentItemId":[1],"subscriptionId":1.5,"triggerUuid":true,
            "triggerTime":7,"changedAt":[]}})");
    EXPECT_EQ(event.column_id, "");
    EXPECT_EQ(event.parent_item_id, "");
    EXPECT_EQ(event.subscription_id, "");
    EXPECT_TRUE(event.key.starts_with("sha256:"));
}

}  // namespace
}  // namespace poller
