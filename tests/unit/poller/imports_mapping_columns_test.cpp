// Which columns a mapping reads, and their names in the staging table.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "poller/imports/mapping_columns.hpp"

namespace {

using namespace poller::imports;
using nlohmann::json;

const json kMapping = json::parse(R"json({
    "fields": {
        "project_id": {"columns": ["Angelegt", "Titel"]},
        "account": "Kunde",
        "pipeline_stage": {"column": "Stand", "map": {"Kunde": "Titel"}},
        "new_enquiry_value": ["Wert", {"column": "Artikel", "lookup": {"table": "t", "key": "Kunde", "value": "w"}}],
        "total_order_value": {"column": "Wert", "only_if": {"column": "Stand", "in": ["Kunde"]}},
        "gestation_period": {"days_between": ["Angelegt", "Ende"]},
        "category": {"constant": "Kunde"}
    }
})json");

TEST(ImportMappingColumns, AreThoseThatItReads) {
    EXPECT_EQ(columns_read(kMapping), (std::vector<std::string>{"Kunde", "Angelegt", "Ende", "Wert", "Artikel", "Stand",
                                                                "Angelegt", "Titel", "Wert", "Stand"}));
    EXPECT_TRUE(columns_read(json::parse("[]")).empty());
    EXPECT_TRUE(columns_read(json::parse(R"({"fields": 5})")).empty());
}

TEST(ImportMappingColumns, AreCalledAsInTheTable) {
    const std::vector<Column> columns = columns_of({"Kunde", std::string(70, 'w'), "Stand\nheute"});
    json mapping = json::parse(
        R"({"fields": {"account": "Kunde", "zip_code": {"column": "Stand heute", "map": {"Kunde": "x"}}}})");
    mapping["fields"]["new_enquiry_value"] = std::string(70, 'w');
    const json staged = with_staged_names(mapping, columns);
    EXPECT_EQ(staged["fields"]["new_enquiry_value"], std::string(63, 'w'));
    EXPECT_EQ(staged["fields"]["zip_code"]["column"], "Stand heute");
    EXPECT_EQ(staged["fields"]["zip_code"]["map"], json({{"Kunde", "x"}}));
    EXPECT_EQ(places_of(columns_read(mapping), columns), (std::vector<std::size_t>{0, 1, 2}));
}

}  // namespace
