// Random bytes, and valid input with random damage: whatever comes from outside is read or refused, never fatal.
// The seeds are fixed, so that a failure can be repeated; each run tries the same inputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "core/cron_schedule.hpp"
#include "core/import_plan.hpp"
#include "core/input_error.hpp"
#include "core/monday/board_config.hpp"
#include "core/monday/item.hpp"
#include "core/monday/label_settings.hpp"

namespace pipeline_forecast {
namespace {

constexpr int kRandomTexts = 20'000;

class RandomText {
public:
    explicit RandomText(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

    std::string bytes(std::size_t most) {
        std::string text(below(most + 1), '\0');
        for (char &byte : text) byte = static_cast<char>(below(256));
        return text;
    }

    std::string from(std::string_view alphabet, std::size_t most) {
        std::string text(below(most + 1), '\0');
        for (char &byte : text) byte = alphabet[below(alphabet.size())];
        return text;
    }

    // A few bytes changed, doubled or taken away.
    std::string damaged(std::string text) {
        for (std::size_t count = 1 + below(4); count > 0 && !text.empty(); --count) {
            const std::size_t place = below(text.size());
            switch (below(4)) {
                case 0: text[place] = static_cast<char>(below(256)); break;
                case 1: text.erase(place, 1 + below(8)); break;
                case 2: text.insert(place, text.substr(place, 1 + below(16))); break;
                default: text.insert(place, 1, "\"{}[],:\\'0"[below(10)]); break;
            }
        }
        return text;
    }

private:
    std::mt19937 random_;
};

bool is_canonical(std::string_view number) {
    if (number.starts_with('-')) number.remove_prefix(1);
    const std::size_t point = number.find('.');
    const auto digits = [](std::string_view text) {
        return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    };
    if (point == std::string_view::npos) return digits(number);
    return digits(number.substr(0, point)) && digits(number.substr(point + 1));
}

TEST(RandomInput, ANumberIsCanonicalOrRefused) {
    RandomText random(1);
    for (int i = 0; i < kRandomTexts; ++i) {
        for (const std::string &text : {random.bytes(40), random.from("0123456789.,- +£$\xc2\xa0'eE", 20)}) {
            const Decoded<std::string> decoded = decode_number(text);
            ASSERT_EQ(decoded.value.has_value(), decoded.reason.empty()) << text;
            if (decoded.value) {
                ASSERT_TRUE(is_canonical(*decoded.value)) << text << " became " << *decoded.value;
            }
            // Canonical text reads back as itself.
            if (decoded.value) {
                ASSERT_EQ(decode_number(*decoded.value).value, decoded.value) << text;
            }
        }
    }
}

TEST(RandomInput, ADayIsPlausibleOrRefused) {
    RandomText random(2);
    for (int i = 0; i < kRandomTexts; ++i) {
        for (const std::string &text : {random.bytes(30), random.from("0123456789-/T: ", 12),
                                        random.damaged("2026-11-24"), random.damaged("2026-11-24T13:45:00Z")}) {
            const Decoded<Day> decoded = decode_day(text);
            ASSERT_EQ(decoded.value.has_value(), decoded.reason.empty()) << text;
            if (decoded.value) {
                ASSERT_TRUE(is_plausible(*decoded.value)) << text;
            }
            if (decoded.value) {
                ASSERT_EQ(decode_day(to_iso(*decoded.value)).value, decoded.value) << text;
            }
        }
        // A format that nobody checked is followed literally and must do no harm either.
        (void)decode_day(random.from("0123456789-/", 12), random.from("YMD-/", 12));
    }
}

TEST(RandomInput, EveryDayReadsBack) {
    for (Day day = kFirstDay; day < Day{std::chrono::year{2101} / 1 / 1}; day += std::chrono::days{1}) {
        ASSERT_EQ(decode_day(to_iso(day)).value, day) << to_iso(day);
    }
}

TEST(RandomInput, AFieldOfAnyKindIsReadOrRefused) {
    RandomText random(3);
    for (int i = 0; i < kRandomTexts; ++i) {
        const std::string text = random.below(2) == 0 ? random.bytes(40) : random.from("0123456789.,-", 20);
        for (const FieldKind kind : {FieldKind::kText, FieldKind::kDay, FieldKind::kMoney, FieldKind::kPercent,
                                     FieldKind::kGestation, FieldKind::kNumber, FieldKind::kKey}) {
            const Decoded<std::string> decoded = decode_field(kind, text, "");
            ASSERT_EQ(decoded.value.has_value(), decoded.reason.empty()) << text;
        }
    }
}

TEST(RandomInput, AMappingIsCompiledOrRefused) {
    const std::string whole = R"({"fields": {"project_id": "id", "account": ["name", {"constant": "none"}],
        "gestation_period": {"days_between": ["start", "end"], "format": "DD/MM/YYYY"},
        "new_enquiry_value": {"column": "name", "lookup": {"table": "a.b", "key": "k", "value": "v"}},
        "follow_up_date": {"column": "start", "map": {"x": null, "y": "z"}, "plus_days": 90,
                           "only_if": {"column": "name", "in": ["p", "q"]}}},
        "shift_to_today": ["follow_up_date"], "lookup_files": {"b": "b.csv"}})";
    const std::vector<std::string> columns{"id", "name", "start", "end"};
    ASSERT_EQ(compile_import(whole, columns, "public", "pf").fields.size(), 5U);
    RandomText random(4);
    int compiled = 0;
    for (int i = 0; i < kRandomTexts; ++i) {
        for (const std::string &mapping :
             {random.bytes(60), random.from("{}[]\":,1e.nulltrue ", 40), random.damaged(whole)}) {
            try {
                (void)compile_import(mapping, columns, "public", "pf");
                ++compiled;
            } catch (const InputError &error) {
                ASSERT_EQ(error.sqlstate().size(), 5U);
            }
        }
    }
    EXPECT_GT(compiled, 0) << "some damage leaves a mapping that makes sense";
}

monday::Board any_board() {
    return monday::read_board(R"({"role": "hidden", "decimal_mark": ",", "date_format": "DD/MM/YYYY", "columns": [
        {"column_id": "n", "field": "quote_amount", "kind": "numbers"}, {"column_id": "d", "field": "invoice_date", "kind": "date"},
        {"column_id": "s", "field": "status", "kind": "status", "labels": {"1": "Won"}},
        {"column_id": "m", "field": "account", "kind": "mirror"}, {"column_id": "l", "field": "product_type", "kind": "dropdown"},
        {"column_id": "r", "field": "account_id", "kind": "board_relation"}]})");
}

TEST(RandomInput, AnItemIsReadOrRefused) {
    const std::string whole = R"({"id": "12", "name": "17425", "state": "active", "updated_at": "2026-03-21T08:47:10Z",
        "parent_item": {"id": "3"}, "column_values": [{"id": "n", "type": "numbers", "text": "1.234,5", "value": "\"1234.5\""},
        {"id": "d", "type": "date", "text": "", "value": "{\"date\":\"2026-03-21\"}"}, {"id": "s", "value": "{\"index\":1}"},
        {"id": "m", "display_value": "Acme, Beta"}, {"id": "l", "value": "{\"ids\":[1,2]}", "text": "a, b"},
        {"id": "r", "linked_item_ids": ["5", 6], "display_value": "x"}]})";
    const monday::Board board = any_board();
    RandomText random(6);
    int kept = 0;
    for (int i = 0; i < kRandomTexts; ++i) {
        const nlohmann::json item = nlohmann::json::parse(random.damaged(whole), nullptr, false);
        if (item.is_discarded()) continue;
        const monday::Item read = monday::read_item(item, board);
        ASSERT_EQ(read.refusal.empty() ? board.columns.size() : 0U, read.values.size());
        for (const monday::Refusal &refusal : read.refusals) ASSERT_FALSE(refusal.reason.empty());
        if (read.refusal.empty()) ++kept;
    }
    EXPECT_GT(kept, kRandomTexts / 10) << "some damage leaves an item";
}

TEST(RandomInput, AVeryDeepItemIsReadOrRefused) {
    constexpr std::size_t kDepth = 100'000;
    const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
    const monday::Board board = any_board();
    const auto read = [&](const std::string &column_values) {
        return monday::read_item(nlohmann::json::parse(R"({"id": "1", "column_values": )" + column_values + "}"),
                                 board);
    };
    for (const char *column : {"n", "d", "s", "m", "l", "r"}) {
        const std::string start = R"([{"id": ")" + std::string(column) + R"(", )";
        for (const char *member : {"text", "display_value", "linked_item_ids", "label", "type"}) {
            EXPECT_EQ(read(start + "\"" + member + "\": " + deep + "}]").refusal, "") << column << " " << member;
        }
        EXPECT_EQ(read(start + R"("value": ")" + deep + R"("}])").refusal, "") << column;
    }
    EXPECT_EQ(read(deep).refusal, "");
    const monday::Item item = read(R"([{"id": "n", "text": )" + deep + "}]");
    ASSERT_EQ(item.refusals.size(), 1U);
    EXPECT_EQ(item.refusals[0].raw, "array");
    EXPECT_EQ(monday::read_item(nlohmann::json::parse(R"({"id": "1", "state": )" + deep + "}"), board).refusal,
              "unknown state array");
}

TEST(RandomInput, ABoardConfigurationIsReadOrRefused) {
    const std::string whole =
        R"({"boards": [{"board_id": "1", "role": "parent", "name": "P", "currency": "EUR", "columns": [
        {"column_id": "s", "title": "Stage", "kind": "status", "field": "pipeline_stage", "labels": {"1": "Won"}},
        {"column_id": "r", "kind": "numbers", "field": "rating_score", "writable": true}]},
        {"board_id": 2, "role": "hidden", "name": "H", "parent_board_id": "1", "decimal_mark": ",", "columns": []}]})";
    RandomText random(7);
    int taken = 0;
    for (int i = 0; i < kRandomTexts; ++i) {
        for (const std::string &config :
             {random.bytes(60), random.from("{}[]\":,1e.nulltrue ", 40), random.damaged(whole)}) {
            try {
                taken += monday::read_board_config(config).empty() ? 0 : 1;
            } catch (const InputError &error) {
                ASSERT_EQ(error.sqlstate(), kInvalidParameter);
            }
            const nlohmann::json settings = nlohmann::json::parse(config, nullptr, false);
            if (!settings.is_discarded()) (void)monday::read_label_settings(settings);
        }
    }
    EXPECT_GT(taken, 0) << "some damage leaves a configuration that makes sense";
}

TEST(RandomInput, AVeryDeepMappingIsRefused) {
    constexpr std::size_t kDepth = 100'000;
    const std::string open(kDepth, '[');
    const std::string close(kDepth, ']');
    for (const std::string &mapping : {R"({"fields": {"project_id": )" + open + "\"id\"" + close + "}}",
                                       R"({"fields": {"project_id": "id"}, "shift_to_today": )" + open + close + "}",
                                       R"({"fields": {"project_id": {"constant": )" + open + close + "}}}", open}) {
        EXPECT_THROW((void)compile_import(mapping, {"id"}, "public", "pf"), InputError);
    }
}

TEST(RandomInput, AScheduleIsReadOrRefused) {
    RandomText random(5);
    const CronSchedule::Minute moment{Day{std::chrono::year{2026} / 11 / 24}};
    for (int i = 0; i < kRandomTexts / 10; ++i) {
        for (const std::string &text :
             {random.bytes(30), random.from("0123456789*/-, ", 20), random.damaged("*/30 3 1-15 * 1,5")}) {
            try {
                const CronSchedule schedule = CronSchedule::parse(text);
                const auto next = schedule.next(moment);
                if (next) {
                    ASSERT_GT(*next, moment) << text;
                }
                const auto previous = schedule.previous(moment);
                if (previous) {
                    ASSERT_LE(*previous, moment) << text;
                }
            } catch (const InputError &error) {
                ASSERT_EQ(error.sqlstate(), "22023") << text;
            }
        }
    }
}

}  // namespace
}  // namespace pipeline_forecast
