// Every mapping that makes no sense, with what its author is told.
#include "core/import_plan.hpp"

#include <gtest/gtest.h>

#include "core/input_error.hpp"

namespace pipeline_forecast {
namespace {

struct Refusal {
    std::string mapping;
    std::string message;
    std::string sqlstate = "22023";
};

void PrintTo(const Refusal &refusal, std::ostream *out) { *out << refusal.mapping; }

const std::vector<std::string> kFewColumns{"id", "start", "amount"};

std::string field(const std::string &name, const std::string &source) {
    return R"({"fields": {"project_id": "id", ")" + name + R"(": )" + source + "}}";
}

std::string shift(const std::string &value) {
    return R"({"fields": {"project_id": "id", "date_created": "start"}, "shift_to_today": )" + value + "}";
}

class MappingRefused : public testing::TestWithParam<Refusal> {};

TEST_P(MappingRefused, SaysWhatIsWrong) {
    const Refusal &refusal = GetParam();
    try {
        (void)compile_import(refusal.mapping, kFewColumns, "public", "pf");
        FAIL() << "accepted: " << refusal.mapping;
    } catch (const InputError &error) {
        EXPECT_EQ(error.what(), refusal.message) << refusal.mapping;
        EXPECT_EQ(error.sqlstate(), refusal.sqlstate) << refusal.mapping;
        EXPECT_FALSE(error.hint().empty()) << refusal.mapping;
    }
}

constexpr const char *kNotJson = "import mapping is not valid JSON";
INSTANTIATE_TEST_SUITE_P(
    Document, MappingRefused,
    testing::Values(Refusal{"", kNotJson}, Refusal{"{", kNotJson}, Refusal{"{} {}", kNotJson},
                    Refusal{"{'fields': {}}", kNotJson}, Refusal{"{\"fields\": {\"project_id\": \"\xff\"}}", kNotJson},
                    Refusal{"[]", "import mapping: the mapping must be an object"},
                    Refusal{"null", "import mapping: the mapping must be an object"},
                    Refusal{"\"id\"", "import mapping: the mapping must be an object"},
                    Refusal{"{}", "import mapping has no \"fields\""},
                    Refusal{R"({"fields": []})", "import mapping has no \"fields\""},
                    Refusal{R"({"fields": null})", "import mapping has no \"fields\""},
                    Refusal{R"({"fields": {}, "columns": {}})",
                            "import mapping: unknown key \"columns\" in the mapping"},
                    Refusal{R"({"fields": {}})", "import mapping has no field \"project_id\""},
                    Refusal{R"({"fields": {"account": "id"}})", "import mapping has no field \"project_id\""},
                    Refusal{field("acount", "\"id\""), "import mapping: unknown field \"acount\""},
                    Refusal{field("a\\\"b", "\"id\""), "import mapping: unknown field \"a\"\"b\""}));

INSTANTIATE_TEST_SUITE_P(
    Sources, MappingRefused,
    testing::Values(
        Refusal{field("account", "1"), "import mapping: field \"account\" must be an object"},
        Refusal{field("account", "null"), "import mapping: field \"account\" must be an object"},
        Refusal{field("account", "[]"), "import mapping: field \"account\" has an empty list of sources"},
        Refusal{field("account", "[\"id\", 1]"), "import mapping: field \"account\" must be an object"},
        Refusal{field("account", "[\"id\", [\"id\"]]"), "import mapping: field \"account\" has a list within a list"},
        Refusal{field("account", "{}"), "import mapping: field \"account\" needs a text \"column\""},
        Refusal{field("account", R"({"column": 1})"), "import mapping: field \"account\" needs a text \"column\""},
        Refusal{field("account", R"({"column": "id", "default": "x"})"),
                "import mapping: unknown key \"default\" in field \"account\""},
        Refusal{field("account", R"({"constant": null})"),
                "import mapping: the constant of field \"account\" must be a text, a number or a boolean"},
        Refusal{field("account", R"({"constant": ["x"]})"),
                "import mapping: the constant of field \"account\" must be a text, a number or a boolean"},
        Refusal{field("account", R"({"constant": "x", "column": "id"})"),
                "import mapping: unknown key \"column\" in field \"account\""}));

INSTANTIATE_TEST_SUITE_P(
    Columns, MappingRefused,
    testing::Values(
        Refusal{field("account", "\"name\""),
                "import mapping: field \"account\" names column \"name\", which the source does not have", "42703"},
        Refusal{field("account", "\"ID\""),
                "import mapping: field \"account\" names column \"ID\", which the source does not have", "42703"},
        Refusal{field("account", R"({"column": "name"})"),
                "import mapping: field \"account\" names column \"name\", which the source does not have", "42703"},
        Refusal{field("account", R"({"column": "id", "only_if": {"column": "stage", "in": ["x"]}})"),
                "import mapping: field \"account\" names column \"stage\", which the source does not have", "42703"},
        Refusal{field("gestation_period", R"({"days_between": ["start", "end"]})"),
                "import mapping: field \"gestation_period\" names column \"end\", which the source does not have",
                "42703"}));

constexpr const char *kTwoColumns =
    "import mapping: \"days_between\" of field \"gestation_period\" must be a list of two columns";
INSTANTIATE_TEST_SUITE_P(
    DaysBetween, MappingRefused,
    testing::Values(Refusal{field("gestation_period", R"({"days_between": "start"})"), kTwoColumns},
                    Refusal{field("gestation_period", R"({"days_between": ["start"]})"), kTwoColumns},
                    Refusal{field("gestation_period", R"({"days_between": ["start", "id", "id"]})"), kTwoColumns},
                    Refusal{field("gestation_period", R"({"days_between": ["start", 1]})"), kTwoColumns},
                    Refusal{field("gestation_period", R"({"days_between": {"from": "start"}})"), kTwoColumns},
                    Refusal{field("account", R"({"days_between": ["start", "id"]})"),
                            "import mapping: field \"account\" is not a number of days"},
                    Refusal{field("gestation_period", R"({"days_between": ["start", "id"], "plus_days": 1})"),
                            "import mapping: unknown key \"plus_days\" in field \"gestation_period\""},
                    Refusal{field("gestation_period", R"({"days_between": ["start", "id"], "format": "dd.mm.yy"})"),
                            "invalid date format \"dd.mm.yy\""}));

constexpr const char *kPlusDays =
    "import mapping: \"plus_days\" of field \"date_created\" must be a whole number within 100000";
std::string plus_days(const std::string &days) {
    return field("date_created", R"({"column": "start", "plus_days": )" + days + "}");
}
INSTANTIATE_TEST_SUITE_P(
    Dates, MappingRefused,
    testing::Values(Refusal{plus_days("1.5"), kPlusDays}, Refusal{plus_days("\"90\""), kPlusDays},
                    Refusal{plus_days("null"), kPlusDays}, Refusal{plus_days("100001"), kPlusDays},
                    Refusal{plus_days("-100001"), kPlusDays}, Refusal{plus_days("9223372036854775807"), kPlusDays},
                    Refusal{plus_days("18446744073709551615"), kPlusDays}, Refusal{plus_days("1e3"), kPlusDays},
                    Refusal{field("account", R"({"column": "id", "plus_days": 1})"),
                            "import mapping: field \"account\" is not a date"},
                    Refusal{field("account", R"({"column": "id", "format": "YYYY-MM-DD"})"),
                            "import mapping: \"format\" belongs to a date, and field \"account\" is none"},
                    Refusal{field("date_created", R"({"column": "start", "format": "MM/YYYY"})"),
                            "invalid date format \"MM/YYYY\""},
                    Refusal{field("date_created", R"({"column": "start", "format": 1})"),
                            "import mapping: field \"date_created\" needs a text \"format\""}));

std::string only_if(const std::string &condition) {
    return field("account", R"({"column": "id", "only_if": )" + condition + "}");
}
INSTANTIATE_TEST_SUITE_P(
    OnlyIf, MappingRefused,
    testing::Values(Refusal{only_if("\"start\""), "import mapping: \"only_if\" of field \"account\" must be an object"},
                    Refusal{only_if(R"({"in": ["x"]})"),
                            "import mapping: \"only_if\" of field \"account\" needs a text \"column\""},
                    Refusal{only_if(R"({"column": "id"})"),
                            "import mapping: \"only_if\" of field \"account\" needs a list \"in\""},
                    Refusal{only_if(R"({"column": "id", "in": []})"),
                            "import mapping: \"only_if\" of field \"account\" needs a list \"in\""},
                    Refusal{only_if(R"({"column": "id", "in": "x"})"),
                            "import mapping: \"only_if\" of field \"account\" needs a list \"in\""},
                    Refusal{only_if(R"({"column": "id", "in": ["x", 1]})"),
                            "import mapping: \"in\" of field \"account\" must hold texts"},
                    Refusal{only_if(R"({"column": "id", "in": ["x"], "not_in": ["y"]})"),
                            "import mapping: unknown key \"not_in\" in \"only_if\" of field \"account\""}));

std::string lookup(const std::string &spec) { return field("account", R"({"column": "id", "lookup": )" + spec + "}"); }
INSTANTIATE_TEST_SUITE_P(
    MapAndLookup, MappingRefused,
    testing::Values(Refusal{field("account", R"({"column": "id", "map": ["x"]})"),
                            "import mapping: \"map\" of field \"account\" must be an object"},
                    Refusal{field("account", R"({"column": "id", "map": {"x": 1}})"),
                            "import mapping: \"map\" of field \"account\" must map \"x\" to a text or null"},
                    Refusal{lookup("\"t\""), "import mapping: \"lookup\" of field \"account\" must be an object"},
                    Refusal{lookup(R"({"key": "k", "value": "v"})"),
                            "import mapping: \"lookup\" of field \"account\" needs a text \"table\""},
                    Refusal{lookup(R"({"table": "t", "value": "v"})"),
                            "import mapping: \"lookup\" of field \"account\" needs a text \"key\""},
                    Refusal{lookup(R"({"table": "t", "key": "k"})"),
                            "import mapping: \"lookup\" of field \"account\" needs a text \"value\""},
                    Refusal{lookup(R"({"table": "t", "key": "k", "value": "v", "schema": "s"})"),
                            "import mapping: unknown key \"schema\" in \"lookup\" of field \"account\""}));

INSTANTIATE_TEST_SUITE_P(
    ShiftToToday, MappingRefused,
    testing::Values(
        Refusal{shift("1"), "import mapping: \"shift_to_today\" must be true, false or a list of date fields"},
        Refusal{shift("null"), "import mapping: \"shift_to_today\" must be true, false or a list of date fields"},
        Refusal{shift("\"date_created\""),
                "import mapping: \"shift_to_today\" must be true, false or a list of date fields"},
        Refusal{shift("[\"follow_up_date\"]"),
                "import mapping: \"shift_to_today\" names \"follow_up_date\", which is no date of the mapping"},
        Refusal{shift("[\"date_created\", \"project_id\"]"),
                "import mapping: \"shift_to_today\" names \"project_id\", which is no date of the mapping"},
        Refusal{shift("[1]"), "import mapping: \"shift_to_today\" names 1, which is no date of the mapping"},
        Refusal{shift("[[]]"), "import mapping: \"shift_to_today\" names array, which is no date of the mapping"}));

TEST(MappingHints, NameWhatThereIs) {
    const auto hint_of = [](const std::string &mapping) -> std::string {
        try {
            (void)compile_import(mapping, kFewColumns, "public", "pf");
        } catch (const InputError &error) {
            return error.hint();
        }
        return "accepted";
    };
    EXPECT_EQ(hint_of(field("account", "\"name\"")), "Its columns are: id, start, amount.");
    EXPECT_EQ(hint_of(field("acount", "\"id\"")).find("The fields are: project_id, item_name, "), 0U);
    EXPECT_EQ(hint_of(R"({"fields": {}})"), "Map it to the column that identifies a project.");
}

}  // namespace
}  // namespace pipeline_forecast
