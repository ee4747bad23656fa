#include "core/llm_answer.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "core/plain_text.hpp"
#include "core/rating_adjustment.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using nlohmann::json;

// Thrown and caught within this file.
struct Rejection {
    AnswerFault fault;
    std::string reason;
};

[[noreturn]] void violate(const std::string &reason) { throw Rejection{AnswerFault::kSchemaViolation, reason}; }

// A name that the model chose, for a message.
std::string shown(std::string_view name) { return '"' + plain_text(name, 60) + '"'; }

// Refuses what the parser would build or drop silently: nesting beyond the agreed document and repeated keys.
class Watch {
public:
    bool operator()(int depth, json::parse_event_t event, json &value) {
        constexpr int kDeepest = 4;
        switch (event) {
            case json::parse_event_t::object_start:
            case json::parse_event_t::array_start:
                if (depth >= kDeepest) violate("the answer is nested too deeply");
                keys_.emplace_back();
                break;
            case json::parse_event_t::object_end:
            case json::parse_event_t::array_end: keys_.pop_back(); break;
            case json::parse_event_t::key: {
                const auto &key = value.get_ref<const std::string &>();
                if (!keys_.back().insert(key).second) violate("key " + shown(key) + " stands twice");
                break;
            }
            case json::parse_event_t::value: break;
        }
        return true;
    }

private:
    std::vector<std::set<std::string>> keys_;
};

json parse_answer(std::string_view text) {
    if (text.size() > kLargestAnswerBytes) {
        violate("the answer has " + std::to_string(text.size()) + " bytes, more than " +
                std::to_string(kLargestAnswerBytes));
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        throw Rejection{AnswerFault::kInvalidJson, "the answer is empty"};
    }
    try {
        Watch watch;
        return json::parse(
            text, [&](int depth, json::parse_event_t event, json &value) { return watch(depth, event, value); });
    } catch (const json::parse_error &error) {
        throw Rejection{AnswerFault::kInvalidJson, "the answer is not JSON (byte " + std::to_string(error.byte) + ")"};
    } catch (const json::out_of_range &) {
        throw Rejection{AnswerFault::kInvalidJson, "the answer holds a number beyond all range"};
    }
}

// The object with exactly these keys.
const json &object_with(const json &value, const std::string &name, std::initializer_list<std::string_view> keys) {
    if (!value.is_object()) violate(name + " is not an object");
    for (const std::string_view key : keys) {
        if (!value.contains(std::string(key))) violate("key " + shown(key) + " is missing");
    }
    if (value.size() > keys.size()) {
        for (const auto &[key, ignored] : value.items()) {
            if (std::find(keys.begin(), keys.end(), key) == keys.end()) violate("unknown key " + shown(key));
        }
    }
    return value;
}

std::string text_of(const json &object, const char *key) {
    const json &value = object.at(key);
    if (!value.is_string()) violate(shown(key) + " is not a text");
    const auto &text = value.get_ref<const std::string &>();
    if (character_count(text) > kLongestText) {
        violate(shown(key) + " has " + std::to_string(character_count(text)) + " characters, more than " +
                std::to_string(kLongestText));
    }
    return plain_text(text, kLongestText);
}

std::string required_text_of(const json &object, const char *key) {
    std::string text = text_of(object, key);
    if (text.empty()) violate(shown(key) + " is empty");
    return text;
}

int adjustment_of(const json &object) {
    const json &value = object.at("rating_adjustment");
    if (!value.is_number_integer()) violate("\"rating_adjustment\" is not an integer");
    // Unsigned numbers beyond the signed range must not wrap around.
    const bool in_range = value.is_number_unsigned() ? value.get<std::uint64_t>() <= std::uint64_t{kLargestAdjustment}
                                                     : value.get<std::int64_t>() >= -kLargestAdjustment &&
                                                           value.get<std::int64_t>() <= kLargestAdjustment;
    if (!in_range) {
        violate("\"rating_adjustment\" is not between " + std::to_string(-kLargestAdjustment) + " and " +
                std::to_string(kLargestAdjustment));
    };
    return value.get<int>();
}

}  // namespace

std::string_view to_string(AnswerFault fault) noexcept {
    return fault == AnswerFault::kInvalidJson ? "invalid_json" : "schema_violation";
}

std::variant<LlmAnswer, RejectedAnswer> parse_llm_answer(std::string_view text) {
    try {
        const json document = parse_answer(text);
        object_with(document, "the answer",
                    {"summary", "reasoning", "adjustments", "special_factors", "confidence_notes"});
        const json &reasoning =
            object_with(document.at("reasoning"), "\"reasoning\"", {"gestation", "conversion", "rating"});
        const json &adjustments = object_with(document.at("adjustments"), "\"adjustments\"", {"rating_adjustment"});
        return LlmAnswer{.summary = required_text_of(document, "summary"),
                         .gestation = required_text_of(reasoning, "gestation"),
                         .conversion = required_text_of(reasoning, "conversion"),
                         .rating = required_text_of(reasoning, "rating"),
                         .rating_adjustment = adjustment_of(adjustments),
                         .special_factors = text_of(document, "special_factors"),
                         .confidence_notes = text_of(document, "confidence_notes")};
    } catch (const Rejection &rejection) {
        return RejectedAnswer{rejection.fault, rejection.reason};
    }
}

}  // namespace pipeline_forecast
