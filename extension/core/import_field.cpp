#include "core/import_field.hpp"

#include <algorithm>
#include <array>

#include "core/fixed_point.hpp"
#include "core/limits.hpp"
#include "core/number_text.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

struct KindNames {
    FieldKind kind;
    std::string_view name;
    std::string_view sql_type;
};

constexpr std::array kKinds{
    KindNames{FieldKind::kText, "text", "text"},
    KindNames{FieldKind::kDay, "day", "date"},
    KindNames{FieldKind::kMoney, "money", "numeric(16,2)"},
    KindNames{FieldKind::kPercent, "percent", "numeric(6,3)"},
    KindNames{FieldKind::kGestation, "gestation", "integer"},
    KindNames{FieldKind::kNumber, "number", "numeric"},
    KindNames{FieldKind::kKey, "key", "text"},
    KindNames{FieldKind::kState, "state", "text"},
};

const KindNames &names_of(FieldKind kind) noexcept { return kKinds[static_cast<std::size_t>(kind)]; }

constexpr std::size_t kLongestNumber = 30;

// Compares a canonical decimal with a limit by their digits; no conversion, so nothing is rounded on the way.
bool is_at_most(std::string_view magnitude, std::string_view limit) {
    std::string_view whole = magnitude.substr(0, magnitude.find('.'));
    std::string_view fraction = magnitude.substr(std::min(whole.size() + 1, magnitude.size()));
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
    fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    const std::string_view limit_whole = limit.substr(0, limit.find('.'));
    const std::string_view limit_fraction = limit.substr(std::min(limit_whole.size() + 1, limit.size()));
    if (whole.size() != limit_whole.size()) return whole.size() < limit_whole.size();
    // Digits behind the point compare like words.
    return whole != limit_whole ? whole < limit_whole : fraction <= limit_fraction;
}

std::string_view magnitude_of(std::string_view number) { return number.starts_with('-') ? number.substr(1) : number; }

Decoded<std::string> within_limit(Decoded<std::string> number, std::string_view limit, bool may_be_negative,
                                  std::string_view reason) {
    if (!number.value) return number;
    const bool negative =
        number.value->starts_with('-') && number.value->find_first_of("123456789") != std::string::npos;
    const bool fits = number.value->size() <= kLongestNumber && is_at_most(magnitude_of(*number.value), limit);
    if (!fits || (negative && !may_be_negative)) return Decoded<std::string>::refused(std::string(reason));
    return number;
}

}  // namespace

std::optional<FieldKind> parse_field_kind(std::string_view name) noexcept {
    const auto found = std::ranges::find(kKinds, name, &KindNames::name);
    return found == kKinds.end() ? std::nullopt : std::optional(found->kind);
}

std::string_view to_string(FieldKind kind) noexcept { return names_of(kind).name; }

std::string_view sql_type(FieldKind kind) noexcept { return names_of(kind).sql_type; }

const std::vector<ImportField> &import_fields() {
    static const std::vector<ImportField> fields{
        {kKeyField, "monday_id", FieldKind::kKey},
        {"item_name", "item_name", FieldKind::kText},
        {"project_name", "project_name", FieldKind::kText},
        {"pipeline_stage", "pipeline_stage", FieldKind::kText},
        {"type", "type", FieldKind::kText},
        {"category", "category", FieldKind::kText},
        {"zip_code", "zip_code", FieldKind::kText},
        {"sales_representative", "sales_representative", FieldKind::kText},
        {"funding", "funding", FieldKind::kText},
        {"feedback", "feedback", FieldKind::kText},
        {"lost_to_who_or_why", "lost_to_who_or_why", FieldKind::kText},
        {"account", "account", FieldKind::kText},
        {"product_type", "product_type", FieldKind::kText},
        {"date_created", "date_created", FieldKind::kDay},
        {"expected_start_date", "expected_start_date", FieldKind::kDay},
        {"follow_up_date", "follow_up_date", FieldKind::kDay},
        {"date_order_received", "date_order_received", FieldKind::kDay},
        {"first_date_designed", "first_date_designed", FieldKind::kDay},
        {"last_date_designed", "last_date_designed", FieldKind::kDay},
        {"first_date_invoiced", "first_date_invoiced", FieldKind::kDay},
        {"last_date_invoiced", "last_date_invoiced", FieldKind::kDay},
        {"new_enquiry_value", "new_enquiry_value", FieldKind::kMoney},
        {"project_value", "project_value", FieldKind::kMoney},
        {"weighted_pipeline", "weighted_pipeline", FieldKind::kMoney},
        {"total_order_value", "total_order_value", FieldKind::kMoney},
        {"total_amount_invoiced", "total_amount_invoiced", FieldKind::kMoney},
        {"probability_percent", "probability_percent", FieldKind::kPercent},
        {"gestation_period", "gestation_period", FieldKind::kGestation},
        {"state", "state", FieldKind::kState},
    };
    return fields;
}

const ImportField *find_import_field(std::string_view name) {
    const auto found = std::ranges::find(import_fields(), name, &ImportField::name);
    return found == import_fields().end() ? nullptr : &*found;
}

Decoded<std::string> decode_field(FieldKind kind, std::string_view text, std::string_view format, char decimal_mark) {
    switch (kind) {
        case FieldKind::kDay: {
            const Decoded<Day> day = decode_day(text, format.empty() ? kIsoFormat : format);
            if (!day.value) return Decoded<std::string>::refused(day.reason);
            return Decoded<std::string>::of(to_iso(*day.value));
        }
        case FieldKind::kMoney:
            // One cent below the limit of the forecast's money, so that rounding stays below it.
            return within_limit(decode_number(text, decimal_mark), decimal_text(kMoneyLimitCents - 1, kMoneyScale),
                                true, "amount " + money_problem());
        case FieldKind::kPercent:
            return within_limit(decode_number(text, decimal_mark), std::to_string(kHighestPercent), false,
                                "percentage " + percent_problem());
        case FieldKind::kGestation: {
            Decoded<std::string> number = decode_number(text, decimal_mark);
            if (number.value && number.value->find('.') != std::string::npos) {
                return Decoded<std::string>::refused("not a whole number of days");
            }
            return within_limit(std::move(number), std::to_string(kLongestGestationDays), false,
                                "duration " + gestation_problem());
        }
        case FieldKind::kNumber:
            return within_limit(decode_number(text, decimal_mark), std::to_string(kNumberLimit - 1), true,
                                "number " + number_problem());
        case FieldKind::kKey:
            if (text.size() > kLongestKeyBytes) {
                return Decoded<std::string>::refused("text is longer than " + std::to_string(kLongestKeyBytes) +
                                                     " bytes");
            }
            break;
        case FieldKind::kText:
        case FieldKind::kState: break;
    }
    return Decoded<std::string>::of(std::string(text));
}

}  // namespace pipeline_forecast
