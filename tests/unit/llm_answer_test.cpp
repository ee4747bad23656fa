#include "core/llm_answer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/plain_text.hpp"

namespace pipeline_forecast {
namespace {

using nlohmann::json;
using std::string_literals::operator""s;

json good() {
    return json::parse(R"({
        "summary": "It looks good.",
        "reasoning": {"gestation": "Three months.", "conversion": "One in four.", "rating": "Above the middle."},
        "adjustments": {"rating_adjustment": 2},
        "special_factors": "A key account.",
        "confidence_notes": "70 projects."})");
}

LlmAnswer accepted(const std::string &text) {
    const auto parsed = parse_llm_answer(text);
    if (const auto *rejected = std::get_if<RejectedAnswer>(&parsed)) {
        ADD_FAILURE() << rejected->reason;
        return {};
    }
    return std::get<LlmAnswer>(parsed);
}

RejectedAnswer rejected(const std::string &text) {
    const auto parsed = parse_llm_answer(text);
    if (std::holds_alternative<LlmAnswer>(parsed)) {
        ADD_FAILURE() << "accepted: " << text.substr(0, 200);
        return {};
    }
    return std::get<RejectedAnswer>(parsed);
}

void expect_invalid_json(const std::string &text) {
    EXPECT_EQ(rejected(text).fault, AnswerFault::kInvalidJson) << text.substr(0, 200);
}

void expect_violation(const std::string &text, const std::string &reason) {
    const RejectedAnswer answer = rejected(text);
    EXPECT_EQ(answer.fault, AnswerFault::kSchemaViolation) << text.substr(0, 200);
    EXPECT_EQ(answer.reason, reason);
}

json changed(const char *pointer, const json &value) {
    json document = good();
    document[json::json_pointer(pointer)] = value;
    return document;
}

TEST(LlmAnswer, TheAgreedDocumentIsAccepted) {
    const LlmAnswer answer = accepted("\n " + good().dump(2) + "\n");
    EXPECT_EQ(answer.summary, "It looks good.");
    EXPECT_EQ(answer.gestation, "Three months.");
    EXPECT_EQ(answer.conversion, "One in four.");
    EXPECT_EQ(answer.rating, "Above the middle.");
    EXPECT_EQ(answer.rating_adjustment, 2);
    EXPECT_EQ(answer.special_factors, "A key account.");
    EXPECT_EQ(answer.confidence_notes, "70 projects.");
}

TEST(LlmAnswer, FactorsAndNotesMayBeEmpty) {
    json document = good();
    document["special_factors"] = " \n";
    document["confidence_notes"] = "";
    const LlmAnswer answer = accepted(document.dump());
    EXPECT_EQ(answer.special_factors, "");
    EXPECT_EQ(answer.confidence_notes, "");
}

TEST(LlmAnswer, TextsAreCleaned) {
    EXPECT_EQ(accepted(changed("/summary", "a\0b\n\u202ec <i>"s).dump()).summary, "ab c <i>") << "NUL escapes included";
}

TEST(LlmAnswer, WhatIsNotJsonIsNamedSo) {
    const std::string whole = good().dump();
    expect_invalid_json("");
    expect_invalid_json(" \n");
    expect_invalid_json("I cannot help with that.");
    expect_invalid_json("```json\n" + whole + "\n```");
    expect_invalid_json(whole + "}");
    expect_invalid_json("{\"summary\": \"\xff\"}");
    expect_invalid_json("{\"summary\": \"\\ud800\"}");
    expect_invalid_json("{\"summary\": \"\0\"}"s);
    expect_invalid_json("{\"summary\": NaN}");
    expect_invalid_json("{\"summary\": 1e999}");
    for (std::size_t length = 1; length < whole.size(); ++length) expect_invalid_json(whole.substr(0, length));
}

TEST(LlmAnswer, EveryKeyIsRequired) {
    for (const auto *key : {"summary", "reasoning", "adjustments", "special_factors", "confidence_notes"}) {
        json document = good();
        document.erase(key);
        expect_violation(document.dump(), "key \""s + key + "\" is missing");
    }
    for (const auto *key : {"gestation", "conversion", "rating"}) {
        json document = good();
        document["reasoning"].erase(key);
        expect_violation(document.dump(), "key \""s + key + "\" is missing");
    }
    expect_violation(changed("/adjustments", json::object()).dump(), "key \"rating_adjustment\" is missing");
}

TEST(LlmAnswer, NoOtherKeyIsTaken) {
    expect_violation(changed("/rating_score", 100).dump(), "unknown key \"rating_score\"");
    expect_violation(changed("/reasoning/extra", "").dump(), "unknown key \"extra\"");
    expect_violation(changed("/adjustments/rate", 1).dump(), "unknown key \"rate\"");
    expect_violation(R"({"summary": "a", "summary": "b"})", "key \"summary\" stands twice");
}

TEST(LlmAnswer, ANameOfTheModelCannotFloodTheRecord) {
    const std::string name(10'000, 'k');
    EXPECT_LT(rejected(changed(("/" + name).c_str(), 1).dump()).reason.size(), 100U);
    EXPECT_LT(rejected("{" + name).reason.size(), 100U);
}

TEST(LlmAnswer, TypesAreExact) {
    for (const json &value : {json(nullptr), json(1), json(true), json::array({"a"}), json::object()}) {
        expect_violation(changed("/summary", value).dump(), "\"summary\" is not a text");
        expect_violation(changed("/reasoning/rating", value).dump(), "\"rating\" is not a text");
        if (!value.is_object()) expect_violation(changed("/reasoning", value).dump(), "\"reasoning\" is not an object");
        if (!value.is_number()) {
            expect_violation(changed("/adjustments/rating_adjustment", value).dump(),
                             "\"rating_adjustment\" is not an integer");
        }
    }
    for (const auto *text : {"null", "[]", "\"text\"", "5"}) expect_violation(text, "the answer is not an object");
}

TEST(LlmAnswer, TheAdjustmentIsAnIntegerWithinFive) {
    for (int adjustment = -5; adjustment <= 5; ++adjustment) {
        EXPECT_EQ(accepted(changed("/adjustments/rating_adjustment", adjustment).dump()).rating_adjustment, adjustment);
    }
    for (const json &value : {json(6), json(-6), json(INT64_MAX), json(INT64_MIN), json(UINT64_MAX)}) {
        expect_violation(changed("/adjustments/rating_adjustment", value).dump(),
                         "\"rating_adjustment\" is not between -5 and 5");
    }
    for (const json &value : {json(2.5), json(1e300), json("5")}) {
        expect_violation(changed("/adjustments/rating_adjustment", value).dump(),
                         "\"rating_adjustment\" is not an integer");
    }
}

TEST(LlmAnswer, TextsHaveBounds) {
    EXPECT_EQ(character_count(accepted(changed("/summary", std::string(kLongestText, 'a')).dump()).summary),
              kLongestText);
    expect_violation(changed("/summary", std::string(kLongestText + 1, 'a')).dump(),
                     "\"summary\" has 1501 characters, more than 1500");
    for (const auto *pointer : {"/summary", "/reasoning/gestation", "/reasoning/conversion", "/reasoning/rating"}) {
        EXPECT_EQ(rejected(changed(pointer, " \u200b ").dump()).fault, AnswerFault::kSchemaViolation) << pointer;
    }
    expect_violation(changed("/summary", std::string(1'000'000, 'a')).dump(),
                     "the answer has 1000220 bytes, more than 65536");
}

TEST(LlmAnswer, DeepNestingIsRefusedBeforeItIsBuilt) {
    expect_violation(std::string(60'000, '['), "the answer is nested too deeply");
    std::string objects;
    for (int i = 0; i < 5000; ++i) objects += "{\"a\":";
    expect_violation(objects, "the answer is nested too deeply");
}

}  // namespace
}  // namespace pipeline_forecast
