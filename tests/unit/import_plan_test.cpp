// The SQL that a mapping becomes. The expressions are compared as text: that is what the server is given.
#include "core/import_plan.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pipeline_forecast {
namespace {

using nlohmann::json;

const std::vector<std::string> kColumns{"id", "name", "stage", "start", "finish", "amount", "product"};

ImportPlan compile(const json &mapping, const std::vector<std::string> &columns = kColumns) {
    return compile_import(mapping.dump(), columns, "staging", "pf");
}

// The plan of one field beside the required one.
PlannedField planned(const char *name, const json &source, const std::vector<std::string> &columns = kColumns) {
    const ImportPlan plan = compile({{"fields", {{"project_id", columns.front()}, {name, source}}}}, columns);
    for (const PlannedField &field : plan.fields) {
        if (field.name == name) return field;
    }
    ADD_FAILURE() << name << " is not in the plan";
    return {};
}

std::string read(const std::string &column) { return "nullif(btrim(s.\"" + column + "\"::text), '')"; }

std::string decode(const char *kind, const std::string &text, const std::string &format = "") {
    return std::string("pf.decode_field('") + kind + "', " + text + ", '" + format + "')";
}

std::string decoded_text(const std::string &text) {
    return "CASE WHEN " + text + " LIKE '#%' THEN " + decode("text", text) + " ELSE " + text + " END";
}

std::string reason(const char *kind, const std::string &text, const std::string &format = "") {
    return std::string("pf.reject_reason('") + kind + "', " + text + ", '" + format + "')";
}

TEST(ImportPlan, AColumnIsReadTrimmedAndBlankAsNull) {
    const ImportPlan plan = compile({{"fields", {{"project_id", "id"}}}});
    ASSERT_EQ(plan.fields.size(), 1U);
    EXPECT_FALSE(plan.shift_to_today);
    const PlannedField &key = plan.fields.front();
    EXPECT_EQ(key.name, "project_id");
    EXPECT_EQ(key.column, "monday_id");
    EXPECT_EQ(key.type, "text");
    EXPECT_EQ(key.raw_sql, read("id"));
    EXPECT_EQ(key.value_sql, decode("key", read("id")) + "::text");
    EXPECT_EQ(key.reason_sql, reason("key", read("id")));
    EXPECT_FALSE(key.is_day);
    EXPECT_FALSE(key.counts_for_shift);
}

TEST(ImportPlan, AFieldHasTheTypeOfItsColumn) {
    EXPECT_EQ(planned("new_enquiry_value", "amount").value_sql, decode("money", read("amount")) + "::numeric(16,2)");
    EXPECT_EQ(planned("date_created", "start").value_sql, decode("day", read("start")) + "::date");
    EXPECT_TRUE(planned("date_created", "start").is_day);
    EXPECT_EQ(planned("probability_percent", "amount").type, "numeric(6,3)");
    EXPECT_EQ(planned("gestation_period", "amount").type, "integer");
}

TEST(ImportPlan, AnObjectWithAColumnAloneIsTheColumn) {
    EXPECT_EQ(planned("account", {{"column", "name"}}).value_sql, planned("account", "name").value_sql);
}

TEST(ImportPlan, ConstantsAreLiterals) {
    EXPECT_EQ(planned("account", {{"constant", "Account 001"}}).raw_sql, "'Account 001'");
    EXPECT_EQ(planned("account", {{"constant", ""}}).raw_sql, "''");
    EXPECT_EQ(planned("new_enquiry_value", {{"constant", 12.5}}).value_sql,
              decode("money", "'12.5'") + "::numeric(16,2)");
    EXPECT_EQ(planned("new_enquiry_value", {{"constant", -3}}).raw_sql, "'-3'");
    EXPECT_EQ(planned("type", {{"constant", true}}).raw_sql, "'true'");
}

TEST(ImportPlan, DaysBetweenTwoColumns) {
    const PlannedField field = planned("gestation_period", {{"days_between", {"start", "finish"}}});
    const std::string days =
        "(" + decode("day", read("finish")) + "::date - " + decode("day", read("start")) + "::date)::text";
    EXPECT_EQ(field.raw_sql, read("start") + " || ' .. ' || " + read("finish"));
    EXPECT_EQ(field.value_sql, decode("gestation", days) + "::integer");
    EXPECT_EQ(field.reason_sql, "coalesce(" + reason("day", read("start")) + ", " + reason("day", read("finish")) +
                                    ", " + reason("gestation", days) + ")");
}

TEST(ImportPlan, DaysBetweenTakesADateFormat) {
    const PlannedField field =
        planned("gestation_period", {{"days_between", {"start", "finish"}}, {"format", "DD/MM/YYYY"}});
    EXPECT_NE(field.value_sql.find(decode("day", read("finish"), "DD/MM/YYYY")), std::string::npos);
    EXPECT_NE(field.value_sql.find(decode("day", read("start"), "DD/MM/YYYY")), std::string::npos);
}

TEST(ImportPlan, AMapLeavesOtherValuesAlone) {
    const PlannedField field =
        planned("pipeline_stage", {{"column", "stage"}, {"map", {{"A", "Lost"}, {"B", nullptr}}}});
    const std::string map = R"('{"A":"Lost","B":null}'::jsonb)";
    const std::string text = "CASE WHEN " + map + " ? (" + read("stage") + ") THEN " + map + " ->> (" + read("stage") +
                             ") ELSE " + read("stage") + " END";
    EXPECT_EQ(field.raw_sql, text);
    EXPECT_EQ(field.value_sql, decoded_text(text) + "::text");
}

TEST(ImportPlan, ADateTakesFormatAndDaysOnTop) {
    const PlannedField field =
        planned("follow_up_date", {{"column", "start"}, {"format", "MM/DD/YYYY"}, {"plus_days", 90}});
    EXPECT_EQ(field.raw_sql, read("start"));
    EXPECT_EQ(field.value_sql, "(" + decode("day", read("start"), "MM/DD/YYYY") + "::date + (90))");
    EXPECT_EQ(field.reason_sql, reason("day", read("start"), "MM/DD/YYYY"));
    EXPECT_EQ(planned("follow_up_date", {{"column", "start"}, {"plus_days", -7}}).value_sql,
              "(" + decode("day", read("start")) + "::date + (-7))");
}

TEST(ImportPlan, AConditionHidesTheColumn) {
    const PlannedField field = planned(
        "follow_up_date", {{"column", "start"}, {"only_if", {{"column", "stage"}, {"in", {"Engaging", "it's"}}}}});
    EXPECT_EQ(field.raw_sql, "CASE WHEN " + read("stage") + " IN ('Engaging', 'it''s') THEN " + read("start") + " END");
}

TEST(ImportPlan, ALookupReadsTheSecondTable) {
    const PlannedField field =
        planned("new_enquiry_value",
                {{"column", "product"}, {"lookup", {{"table", "products"}, {"key", "product"}, {"value", "price"}}}});
    const std::string answer =
        "(SELECT min(l.\"price\"::text) FROM \"staging\".\"products\" l WHERE "
        "btrim(l.\"product\"::text) = (" +
        read("product") + "))";
    EXPECT_EQ(field.raw_sql, read("product")) << "what a reject shows is the key, not the missing answer";
    EXPECT_EQ(field.value_sql, decode("money", answer) + "::numeric(16,2)");
    EXPECT_EQ(field.reason_sql, "CASE WHEN " + answer + " IS NULL THEN 'no value for it in table \"products\"' ELSE " +
                                    reason("money", answer) + " END");
}

TEST(ImportPlan, ALookupTableMayNameItsSchema) {
    const PlannedField field = planned(
        "account", {{"column", "product"}, {"lookup", {{"table", "ref.Price List"}, {"key", "k"}, {"value", "v"}}}});
    EXPECT_NE(field.value_sql.find("FROM \"ref\".\"Price List\" l"), std::string::npos) << field.value_sql;
}

TEST(ImportPlan, AListTakesTheFirstThatIsNotBlank) {
    const PlannedField field = planned("account", {"name", {{"constant", "unknown"}}});
    EXPECT_EQ(field.raw_sql, "coalesce(" + read("name") + ", 'unknown')");
    EXPECT_EQ(field.value_sql, "CASE WHEN " + read("name") + " IS NOT NULL THEN " + decoded_text(read("name")) +
                                   "::text WHEN 'unknown' IS NOT NULL THEN " + decoded_text("'unknown'") +
                                   "::text END");
    EXPECT_EQ(field.reason_sql, "CASE WHEN " + read("name") + " IS NOT NULL THEN " + reason("text", read("name")) +
                                    " WHEN 'unknown' IS NOT NULL THEN " + reason("text", "'unknown'") + " END");
}

TEST(ImportPlan, ColumnsAreJoinedWithTheirPlaces) {
    const std::string joined = "coalesce(" + read("id") + ", '') || ' | ' || coalesce(" + read("name") + ", '')";
    const std::string any = "CASE WHEN coalesce(" + read("id") + ", " + read("name") + ") IS NOT NULL THEN ";
    EXPECT_EQ(planned("account", {{"columns", {"id", "name"}}}).raw_sql, any + joined + " END");
    EXPECT_EQ(planned("account", {{"columns", {"id", "name"}}, {"hash", true}}).raw_sql,
              any + "left(encode(sha256(convert_to(" + joined + ", 'UTF8')), 'hex'), 32) END");
}

TEST(ImportPlan, ACurrencyOfItsOwnColumnStandsBehindTheAmount) {
    const PlannedField field =
        planned("new_enquiry_value", {{"column", "amount"}, {"currency_column", "name"}, {"rates", {{"EUR", 1}}}});
    EXPECT_EQ(field.raw_sql, read("amount") + " || coalesce(' ' || " + read("name") + ", '')");
    EXPECT_EQ(field.value_sql, decode("money", field.raw_sql, R"({"rates":{"EUR":1}})") + "::" + field.type);
}

TEST(ImportPlan, AStagedPlanReadsEachTextOnce) {
    const json mapping{{"fields",
                        {{"project_id", "id"},
                         {"follow_up_date", {{"column", "start"}, {"plus_days", 2}}},
                         {"gestation_period", {{"days_between", {"start", "finish"}}}}}}};
    const std::vector<bool> is_text(kColumns.size(), true);
    const ImportPlan plan = compile_staged_import(mapping.dump(), kColumns, is_text, "staging", "pf",
                                                  {"DD/MM/YYYY", "DD/MM/YYYY", "excel", ""});
    ASSERT_EQ(plan.readings.size(), 4U) << "one for each text that becomes a value";
    EXPECT_EQ(plan.readings[0].text_sql, read("start"));
    EXPECT_EQ(plan.readings[0].field, "follow_up_date");
    EXPECT_EQ(plan.readings[2].column, "finish");
    EXPECT_EQ(plan.readings[3].kind, FieldKind::kKey);
    EXPECT_EQ(decoding_of(plan.readings[2], "t2", "excel", "pf"), "pf.decode_field('day', t2, 'excel')");
    EXPECT_EQ(plan.fields[0].raw_sql, "t0");
    EXPECT_EQ(plan.fields[0].value_sql, "(d0::date + (2))");
    EXPECT_EQ(plan.fields[0].reason_sql, "pf.reject_reason('day', t0, 'DD/MM/YYYY')");
    EXPECT_EQ(plan.fields[1].value_sql, "pf.decode_field('gestation', (d2::date - d1::date)::text, '')::integer");
    EXPECT_EQ(plan.fields[2].value_sql, "d3::text");
}

TEST(ImportPlan, OptionsOfTheWholeFile) {
    const ImportPlan plan = compile({{"fields", {{"project_id", "id"}}},
                                     {"source", "CRM"},
                                     {"missing_rows", "archive"},
                                     {"missing_rows_limit", 5},
                                     {"decimal_mark", ","},
                                     {"accept_losses", true},
                                     {"file", {{"delimiter", ";"}}}});
    EXPECT_EQ(plan.source, "CRM");
    EXPECT_TRUE(plan.archives_missing_rows);
    EXPECT_EQ(plan.missing_rows_limit, 5);
    EXPECT_EQ(plan.decimal_mark, ',');
    EXPECT_TRUE(plan.accepts_losses);
    EXPECT_FALSE(compile({{"fields", {{"project_id", "id"}}}}).archives_missing_rows);
}

TEST(ImportPlan, HostileColumnNamesStayNames) {
    const std::vector<std::string> hostile{"a\"b",      "c'; DROP TABLE projects; --", "d\\", "$1", "%s",
                                           "Größe (£)", "s.\"x\"::text), '') --",      "\"",  ""};
    for (const std::string &name : hostile) {
        std::string name_in_sql = "\"";
        for (const char character : name)
            name_in_sql += character == '"' ? std::string("\"\"") : std::string(1, character);
        name_in_sql += "\"";
        EXPECT_EQ(planned("account", name, hostile).raw_sql, "nullif(btrim(s." + name_in_sql + "::text), '')");
    }
}

TEST(ImportPlan, HostileValuesStayValues) {
    const std::string hostile = R"('; DROP TABLE "projects"; -- \')";
    const std::string in_sql = R"('''; DROP TABLE "projects"; -- \''')";
    EXPECT_EQ(planned("account", {{"constant", hostile}}).raw_sql, in_sql);
    EXPECT_EQ(planned("account", {{"column", "name"}, {"only_if", {{"column", "stage"}, {"in", {hostile}}}}}).raw_sql,
              "CASE WHEN " + read("stage") + " IN (" + in_sql + ") THEN " + read("name") + " END");
    // JSON escapes the quotes and the backslash, SQL doubles the apostrophes.
    const std::string map =
        R"('{"''; DROP TABLE \"projects\"; -- \\''":"''; DROP TABLE \"projects\"; -- \\''"}'::jsonb)";
    EXPECT_EQ(planned("account", {{"column", "name"}, {"map", {{hostile, hostile}}}}).raw_sql.find("CASE WHEN " + map),
              0U);
    // A day format is checked for its parts and may hold anything between them.
    EXPECT_EQ(planned("date_created", {{"column", "start"}, {"format", "YYYY'MM\\DD"}}).value_sql,
              decode("day", read("start"), "YYYY''MM\\DD") + "::date");
    const PlannedField field =
        planned("account", {{"column", "name"}, {"lookup", {{"table", "x\"y"}, {"key", "k\"k"}, {"value", "v'\"v"}}}});
    EXPECT_NE(
        field.value_sql.find("min(l.\"v'\"\"v\"::text) FROM \"staging\".\"x\"\"y\" l WHERE btrim(l.\"k\"\"k\"::text)"),
        std::string::npos)
        << field.value_sql;
}

TEST(ImportPlan, ShiftCountsDatesAsTheyStand) {
    const json fields = {{"project_id", "id"},
                         {"date_created", "start"},
                         {"date_order_received", {{"column", "finish"}}},
                         {"follow_up_date", {{"column", "start"}, {"plus_days", 90}}},
                         {"expected_start_date", json::array({{{"column", "start"}, {"plus_days", 1}}, "finish"})},
                         {"account", "name"}};
    const auto counted = [](const ImportPlan &plan) {
        std::string names;
        for (const PlannedField &field : plan.fields) {
            if (field.counts_for_shift) names += field.name + " ";
        }
        return names;
    };
    const ImportPlan all = compile({{"fields", fields}, {"shift_to_today", true}});
    EXPECT_TRUE(all.shift_to_today);
    EXPECT_EQ(counted(all), "date_created date_order_received ") << "a date that was moved is a guess at the future";

    const ImportPlan none = compile({{"fields", fields}, {"shift_to_today", false}});
    EXPECT_FALSE(none.shift_to_today);
    EXPECT_EQ(counted(none), "");

    const ImportPlan named = compile({{"fields", fields}, {"shift_to_today", {"follow_up_date"}}});
    EXPECT_TRUE(named.shift_to_today);
    EXPECT_EQ(counted(named), "follow_up_date ") << "a list counts what it names, moved or not";

    const ImportPlan empty = compile({{"fields", fields}, {"shift_to_today", json::array()}});
    EXPECT_FALSE(empty.shift_to_today) << "an empty list shifts nothing";
}

TEST(ImportPlan, LookupFilesAreTheLoadersBusiness) {
    EXPECT_NO_THROW(compile({{"fields", {{"project_id", "id"}}}, {"lookup_files", {{"products", "products.csv"}}}}));
}

}  // namespace
}  // namespace pipeline_forecast
