// Reads any bytes as a webhook, and compares what the streaming reader took with the same body as a whole document.
#include <cstdint>
#include <nlohmann/json.hpp>

#include "poller/http/query_string.hpp"
#include "poller/webhooks/event.hpp"
#include "require.hpp"

namespace {

using nlohmann::json;
using namespace poller;
using http::is_utf8;

void check_text(const std::string &text) {
    require(is_utf8(text), "what is taken is UTF-8");
    require(text.find('\0') == std::string::npos, "what is taken holds no NUL");
    require(text.size() <= kLongestWebhookId, "what is taken is short");
}

// The text of an id, or nothing where it does not stand there as one.
std::string id_in(const json &event, const char *name) {
    const auto value = event.find(name);
    if (value == event.end()) return "";
    if (value->is_string()) return value->get<std::string>();
    return value->is_number_integer() ? value->dump() : "";
}

void check(const Event &event, const json &body) {
    require(!event.key.empty() && event.key.size() <= 2 * kLongestWebhookId + 1,
            "an event has a key of bounded length");
    require(!event.type.empty() && !event.board_id.empty(), "an event has a type and a board");
    for (const std::string *text : {&event.subscription_id, &event.board_id, &event.item_id, &event.type,
                                    &event.parent_item_id, &event.column_id}) {
        check_text(*text);
    }
    const json &members = body.at("event");
    require(canonical_event_type(members.at("type").is_string() ? members.at("type").get_ref<const std::string &>()
                                                                : members.at("type").dump()) == event.type,
            "the type is that of the document");
    const std::string board = id_in(members, "boardId");
    require(board.empty() || board == event.board_id || board.size() > kLongestWebhookId ||
                members.at("boardId").is_string(),
            "the board is that of the document");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char *>(data), size);
    const auto parsed = parse_webhook(body, {});
    if (const auto *malformed = std::get_if<Malformed>(&parsed)) {
        require(is_utf8(malformed->reason), "a reason holds nothing of the body");
        return 0;
    }
    const json document = json::parse(body, nullptr, false);
    require(document.is_object(), "what was taken is a JSON object");
    if (const auto *event = std::get_if<Event>(&parsed)) {
        check(*event, document);
    } else {
        require(std::get<Challenge>(parsed).value == document.at("challenge").get_ref<const std::string &>(),
                "the challenge is that of the document");
        require(document.find("event") == document.end() || !document.at("event").is_object(),
                "no event is lost to a challenge");
    }
    return 0;
}
