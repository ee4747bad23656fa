#include "pg/arguments.hpp"

#include <string>

#include "core/input_error.hpp"
#include "core/limits.hpp"
#include "core/number_text.hpp"
#include "pg/guard.hpp"
#include "pg/numeric_codec.hpp"

namespace pipeline_forecast::pg {
namespace {

constexpr Day kPostgresEpoch = std::chrono::year{2000} / 1 / 1;
constexpr std::int64_t kRateLimitE5 = kRateLimit * kRateOne.e5;

std::int64_t scaled_argument(FunctionCallInfo fcinfo, int index, int scale, std::int64_t limit) {
    const auto scaled = scaled_from_numeric(PG_GETARG_DATUM(index), scale);
    if (!scaled || *scaled >= limit || *scaled <= -limit) {
        throw InputError("22003", "value is out of range for the forecast",
                         "Money must be a number below " + grouped_text(kMoneyLimit) + " and a rate a number below " +
                             grouped_text(kRateLimit) + "; store NULL where the value is unknown.");
    }
    return *scaled;
}

}  // namespace

std::string_view text_argument(FunctionCallInfo fcinfo, int index) {
    const auto *packed = PG_GETARG_TEXT_PP(index);
    return {VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed)};
}

std::string_view jsonb_argument(FunctionCallInfo fcinfo, int index) {
    Jsonb *value = PG_GETARG_JSONB_P(index);
    return JsonbToCString(nullptr, &value->root, VARSIZE(value));
}

std::optional<Bucket> bucket_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    const std::string_view name = text_argument(fcinfo, index);
    const auto bucket = parse_bucket(name);
    if (!bucket) {
        throw InputError(kInvalidParameter, "unknown stage bucket \"" + std::string(name) + "\"",
                         "A stage bucket is one of " + bucket_names() + ".");
    }
    return bucket;
}

std::optional<Money> money_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return Money{scaled_argument(fcinfo, index, kMoneyScale, kMoneyLimitCents)};
}

std::optional<Rate> rate_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return Rate{scaled_argument(fcinfo, index, kRateScale, kRateLimitE5)};
}

std::optional<Rate> percent_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return Rate{scaled_argument(fcinfo, index, kPercentScale, kRateLimitE5)};
}

std::optional<Day> day_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return known_day(PG_GETARG_DATEADT(index));
}

std::optional<int> integer_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return PG_GETARG_INT32(index);
}

namespace {

struct Elements {
    Datum *values = nullptr;
    int count = 0;
};

// An element that is NULL is an error.
Elements elements_of(FunctionCallInfo fcinfo, int index, Oid type) {
    Elements elements;
    pg_call([&] {
        int16 length = 0;
        bool by_value = false;
        char alignment = 0;
        get_typlenbyvalalign(type, &length, &by_value, &alignment);
        deconstruct_array(PG_GETARG_ARRAYTYPE_P(index), type, length, by_value, alignment, &elements.values, nullptr,
                          &elements.count);
    });
    return elements;
}

}  // namespace

std::vector<std::string> text_list_argument(FunctionCallInfo fcinfo, int index) {
    const Elements elements = elements_of(fcinfo, index, TEXTOID);
    std::vector<std::string> texts;
    for (int i = 0; i < elements.count; ++i) {
        const auto *element = reinterpret_cast<const text *>(DatumGetPointer(elements.values[i]));
        texts.emplace_back(VARDATA_ANY(element), VARSIZE_ANY_EXHDR(element));
    }
    return texts;
}

std::vector<bool> boolean_list_argument(FunctionCallInfo fcinfo, int index) {
    const Elements elements = elements_of(fcinfo, index, BOOLOID);
    std::vector<bool> list;
    list.reserve(static_cast<std::size_t>(elements.count));
    for (int i = 0; i < elements.count; ++i) list.push_back(DatumGetBool(elements.values[i]));
    return list;
}

std::optional<Money> known_money(Datum numeric) {
    const auto cents = scaled_from_numeric(numeric, kMoneyScale);
    return cents ? std::optional(Money{*cents}) : std::nullopt;
}

std::optional<Day> known_day(DateADT date) noexcept {
    return DATE_NOT_FINITE(date) ? std::nullopt : std::optional(day_from_date(date));
}

Day day_from_date(DateADT date) noexcept { return kPostgresEpoch + std::chrono::days{date}; }

DateADT date_from_day(Day day) noexcept { return static_cast<DateADT>((day - kPostgresEpoch).count()); }

Datum money_datum(Money money) { return numeric_from_scaled(money.cents, kMoneyScale); }

Datum sum_datum(WideCents cents) { return numeric_from_wide(cents, kMoneyScale); }

Datum rate_datum(Rate rate) { return numeric_from_scaled(rate.e5, kRateScale); }

Datum text_datum(std::string_view text) {
    return PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size())));
}

Datum number_array(const double *numbers, std::size_t count) {
    auto *elements = static_cast<Datum *>(palloc(sizeof(Datum) * count));
    for (std::size_t i = 0; i < count; ++i) elements[i] = Float8GetDatum(numbers[i]);
    return PointerGetDatum(construct_array(elements, static_cast<int>(count), FLOAT8OID, sizeof(float8),
                                           FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

}  // namespace pipeline_forecast::pg
