#include "core/monday/mapping.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/monday/label_settings.hpp"

namespace pipeline_forecast::monday {
namespace {

// "column field: reason" of each column.
std::vector<std::string> proposals(const std::vector<TitledColumn> &columns, Role role) {
    std::vector<std::string> shown;
    for (const Proposal &proposal : propose_mapping(columns, role)) {
        const std::string field = proposal.field == nullptr ? "-" : std::string(proposal.field->name);
        shown.push_back(proposal.column->column_id + " " + field + ": " + proposal.reason);
    }
    return shown;
}

using Shown = std::vector<std::string>;

TEST(MondayMapping, FollowsTheTitles) {
    EXPECT_EQ(
        proposals({{"a", "Pipeline Stage", "status"},
                   {"b", "  follow-up date ", "date"},
                   {"c", "Probability %", "numbers"},
                   {"d", "Sales Rep.", "people"},
                   {"e", "Rating Score", "numbers"},
                   {"f", "Weather", "text"}},
                  Role::kParent),
        (Shown{"a pipeline_stage: title", "b follow_up_date: title", "c probability_percent: similar title",
               "d sales_representative: similar title", "e rating_score: title", "f -: no field has such a title"}));
}

TEST(MondayMapping, TheVeryNameGoesFirst) {
    EXPECT_EQ(proposals({{"a", "Stage", "status"}, {"b", "Pipeline stage", "status"}, {"c", "Pipeline_Stage", "text"}},
                        Role::kParent),
              (Shown{"a -: field pipeline_stage is proposed for column b", "b pipeline_stage: title",
                     "c -: field pipeline_stage is proposed for column b"}));
}

TEST(MondayMapping, WhatIsDerivedIsBetterNotReadFromAMirror) {
    EXPECT_EQ(proposals({{"a", "Quote Amount", "formula"}, {"b", "Area", "formula"}, {"c", "M2 Rate", "numbers"}},
                        Role::kHidden),
              (Shown{"a -: field quote_amount is derived; a formula is better not read", "b area: title",
                     "c m2_rate: title"}));
}

TEST(MondayMapping, KindsHaveToFit) {
    EXPECT_EQ(proposals({{"a", "Date Created", "status"},
                         {"b", "Subitems", "subtasks"},
                         {"c", "Created", "creation_log"},
                         {"d", "Rating Score", "text"}},
                        Role::kParent),
              (Shown{"a -: a column of kind status cannot hold field date_created",
                     "b -: columns of kind subtasks are not read", "c date_created: similar title",
                     "d -: a column of kind text cannot hold field rating_score"}));
}

TEST(MondayMapping, TheOnlyConnectionOfASubitemIsItsHiddenItem) {
    EXPECT_EQ(proposals({{"a", "Link to quotes", "board_relation"}}, Role::kSubitem),
              Shown{"a hidden_item_id: the only connection"});
    EXPECT_EQ(proposals({{"a", "Hidden item", "board_relation"}, {"b", "Accounts", "board_relation"}}, Role::kSubitem),
              (Shown{"a hidden_item_id: similar title", "b account: similar title"}))
        << "a connection shows the names that it leads to";
    EXPECT_EQ(proposals({{"a", "Client", "board_relation"}}, Role::kSubitem), Shown{"a account: similar title"})
        << "the only one, and something else";
    EXPECT_EQ(proposals({{"a", "One", "board_relation"}, {"b", "Two", "board_relation"}}, Role::kSubitem),
              (Shown{"a -: no field has such a title", "b -: no field has such a title"}));
}

TEST(MondayMapping, ColumnsWithoutATitleStayUnmapped) {
    EXPECT_EQ(proposals({{"", "", "text"}, {"x", "€", "text"}}, Role::kHidden),
              (Shown{" -: no field has such a title", "x -: no field has such a title"}));
    EXPECT_TRUE(propose_mapping({}, Role::kHidden).empty());
}

Labels labels(const char *settings) { return read_label_settings(nlohmann::json::parse(settings)); }

TEST(MondayLabels, AreReadInEveryShapeOfTheSettings) {
    const Labels expected{{"0", "Working on it"}, {"1", "Done"}};
    EXPECT_EQ(
        labels(R"({"labels": {"0": "Working on it", "1": "Done"}, "labels_colors": {"0": {"color": "#fdab3d"}}})"),
        expected);
    EXPECT_EQ(labels(R"("{\"labels\":{\"0\":\"Working on it\",\"1\":\"Done\"}}")"), expected)
        << "a text that holds the settings";
    EXPECT_EQ(labels(R"({"labels": [{"id": 0, "label": "Working on it", "index": 1}, {"id": "1", "name": "Done"}]})"),
              expected);
    EXPECT_EQ(labels(R"({"labels": {"0": {"label": "Working on it"}, "1": {"text": "Done"}}})"), expected);
}

// "Text" or "Text!" where the board counts it as done.
std::string stage_labels(const char *settings) {
    std::string list;
    for (const StageLabel &label : read_stage_labels(nlohmann::json::parse(settings))) {
        list.append(list.empty() ? "" : " ").append(label.text).append(label.is_done ? "!" : "");
    }
    return list;
}

TEST(MondayLabels, OfStagesComeInTheOrderOfTheBoard) {
    EXPECT_EQ(
        stage_labels(
            R"({"labels": [{"id": 4, "index": 2, "label": "C", "is_done": true}, {"id": 1, "index": 0, "label": "A"},
                                         {"id": 5, "index": 3, "label": " "}, {"id": 2, "index": 1, "label": "B", "is_done": false},
                                         {"id": 3, "index": 1, "label": "Old", "is_deactivated": true}]})"),
        "A B C!");
    EXPECT_EQ(stage_labels(
                  R"({"labels": {"0": "B", "1": "A"}, "labels_positions_v2": {"0": 1, "1": 0}, "done_colors": [0]})"),
              "A B!");
    EXPECT_EQ(stage_labels(R"("{\"labels\": {\"0\": \"B\"}, \"done_colors\": [0]}")"), "B!") << "in a text";
    EXPECT_EQ(stage_labels(R"({"labels": {"3": "X", "7": 5}, "done_colors": 3})"), "X") << "no places are known";
    for (const char *settings : {"null", "[]", "\"x\"", R"({"labels": 1})"}) EXPECT_EQ(stage_labels(settings), "");
}

TEST(MondayLabels, AnyOtherJsonHasNone) {
    for (const char *settings :
         {"null", "7", "[]", "{}", "\"\"", "\"nonsense\"", "\"\\\"x\\\"\"", R"({"labels": 5})",
          R"({"labels": [1, {}, {"id": 1}, {"label": "x"}, {"id": {}, "label": "x"}]})", R"({"labels": {"1": 7}})"}) {
        EXPECT_TRUE(labels(settings).empty()) << settings;
    }
}

}  // namespace
}  // namespace pipeline_forecast::monday
