#include "pg/outlook_source.hpp"

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/analysis/value_band.hpp"
#include "core/fingerprint.hpp"
#include "core/forecast.hpp"
#include "core/interrupts.hpp"
#include "pg/arguments.hpp"
#include "pg/numeric_codec.hpp"
#include "pg/spi.hpp"

namespace pipeline_forecast::pg {
namespace {

using outlook::History;
using outlook::PastForecast;
using outlook::Span;
using outlook::State;
using outlook::Version;

constexpr double kMicrosecondsOfDay = 86'400'000'000.0;
constexpr double kPostgresEpochDay = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;
constexpr double kCentsOfUnit = 100.0;
constexpr int kPercentDecimals = 3;
constexpr double kThousandthsOfPercent = 1000.0;

// One row of a query, taken apart once. Without a destructor, as a row that is being read has to be.
template <std::size_t columns>
class Fields {
public:
    explicit Fields(const QueryRow &row) { row.all(values_, nulls_); }

    [[nodiscard]] bool has(std::size_t column) const noexcept { return !nulls_[column]; }
    [[nodiscard]] Datum datum(std::size_t column) const noexcept { return values_[column]; }
    // Empty where the column is NULL or blank.
    [[nodiscard]] std::string_view text_at(std::size_t column) const {
        if (nulls_[column]) return {};
        const auto *packed = DatumGetTextPP(datum(column));
        const std::string_view found(VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed));
        return found.find_first_not_of(" \t\r\n") == std::string_view::npos ? std::string_view() : found;
    }
    [[nodiscard]] std::optional<Money> money_at(std::size_t column) const {
        return nulls_[column] ? std::nullopt : known_money(values_[column]);
    }
    [[nodiscard]] std::optional<double> percent_at(std::size_t column) const {
        if (nulls_[column]) return std::nullopt;
        const auto thousandths = scaled_from_numeric(values_[column], kPercentDecimals);
        if (!thousandths) return std::nullopt;
        return static_cast<double>(*thousandths) / kThousandthsOfPercent;
    }
    [[nodiscard]] std::optional<double> number_at(std::size_t column) const {
        return nulls_[column] ? std::nullopt : std::optional(DatumGetFloat8(values_[column]));
    }
    [[nodiscard]] std::optional<double> day_at(std::size_t column) const {
        if (nulls_[column]) return std::nullopt;
        const DateADT date = DatumGetDateADT(values_[column]);
        return DATE_NOT_FINITE(date) ? std::nullopt : std::optional(date + kPostgresEpochDay);
    }

private:
    Datum values_[columns];
    bool nulls_[columns];
};

State parse_state(std::string_view name) {
    if (name == "open") return State::kOpen;
    if (name == "won") return State::kWon;
    return name == "lost" ? State::kLost : State::kAbsent;
}

Version version_of(const QueryRow &row) {
    enum Column : std::uint8_t {
        kProject,
        kValidFrom,
        kState,
        kStage,
        kType,
        kCategory,
        kOwner,
        kOrderValue,
        kEnquiryValue,
        kCreated,
        kOrdered,
        kStatedDate,
        kStatedPercent,
        kRest,
        kColumns
    };
    const Fields<kColumns> fields(row);
    const auto enquiry = fields.money_at(kEnquiryValue);
    Version version{.project = fields.text_at(kProject),
                    .valid_from = outlook_moment(DatumGetTimestampTz(fields.datum(kValidFrom))),
                    .state = parse_state(fields.text_at(kState)),
                    .stage = fields.text_at(kStage),
                    .type = fields.text_at(kType),
                    .category = fields.text_at(kCategory),
                    .value_band = analysis::to_string(analysis::value_band(enquiry)),
                    .owner = fields.text_at(kOwner),
                    .created = fields.day_at(kCreated),
                    .ordered_on = fields.day_at(kOrdered),
                    .stated_date = fields.day_at(kStatedDate),
                    .stated_percent = fields.percent_at(kStatedPercent),
                    .rest = static_cast<std::uint64_t>(DatumGetInt64(fields.datum(kRest)))};
    const Money value =
        contract_value({.total_order_value = fields.money_at(kOrderValue), .new_enquiry_value = enquiry});
    version.value = static_cast<double>(value.cents) / kCentsOfUnit;
    return version;
}

struct PastRow {
    PastForecast forecast;
    int run;
};

PastRow past_of(const QueryRow &row) {
    enum Column : std::uint8_t {
        kRun,
        kAsOf,
        kMonth,
        kHorizon,
        kSpan,
        kBefore,
        kAfter,
        kK2,
        kTopDown,
        kP10,
        kP90,
        kColumns
    };
    const Fields<kColumns> fields(row);
    const auto known = [&](Column column) { return fields.number_at(column).value_or(0.0); };
    const PastForecast past{.origin = outlook_moment(DatumGetTimestampTz(fields.datum(kAsOf))),
                            .month = outlook::month_of(fields.day_at(kMonth).value_or(0.0)),
                            .horizon = DatumGetInt16(fields.datum(kHorizon)),
                            .span = fields.text_at(kSpan) == "month" ? Span::kMonth : Span::kCumulated,
                            .before = known(kBefore),
                            .after = known(kAfter),
                            .k2 = known(kK2),
                            .top_down = fields.number_at(kTopDown),
                            .p10 = known(kP10),
                            .p90 = known(kP90),
                            .actual = std::nullopt};
    return {past, DatumGetInt32(fields.datum(kRun))};
}

std::vector<QueryParameter> up_to(TimestampTz as_of) {
    return {{.type = TIMESTAMPTZOID, .value = TimestampTzGetDatum(as_of)}};
}

std::int64_t bits(double number) noexcept { return std::bit_cast<std::int64_t>(number); }

void add(Fingerprint &fingerprint, const History &history, const outlook::StoredVersion &version) {
    fingerprint.add(bits(version.valid_from))
        .add(static_cast<std::int64_t>(version.state))
        .add(bits(version.value))
        .add(bits(version.created))
        .add(bits(version.ordered_on))
        .add(bits(version.stated_date))
        .add(bits(version.stated_percent))
        .add(static_cast<std::int64_t>(version.rest));
    for (const std::uint32_t code : version.segments) fingerprint.add(std::int64_t{code});
}

}  // namespace

double outlook_moment(TimestampTz moment) noexcept {
    return static_cast<double>(moment) / kMicrosecondsOfDay + kPostgresEpochDay;
}

History read_outlook_history(TimestampTz as_of) {
    History history;
    for_each_row(
        "SELECT project_id, valid_from, state, pipeline_stage, type, category, sales_representative, "
        "total_order_value, new_enquiry_value, date_created, date_order_received, stated_date, probability_percent, "
        "rest FROM pipeline_data.outlook_versions($1)",
        up_to(as_of), [&](const QueryRow &row) { history.add(version_of(row)); });
    history.seal();
    return history;
}

OutlookRecord read_outlook_record(TimestampTz as_of) {
    OutlookRecord record;
    for_each_row(
        "SELECT run_id, as_of, month, horizon, span, before_blend, k1, k2, top_down, p10::double precision, "
        "p90::double precision FROM pipeline_data.outlook_past($1) ORDER BY as_of, span, month",
        up_to(as_of), [&](const QueryRow &row) {
            const PastRow past = past_of(row);
            record.forecasts.push_back(past.forecast);
            record.runs.push_back(past.run);
        });
    return record;
}

std::string outlook_input_hash(const History &history, const outlook::Record &record, bool blend) {
    Fingerprint fingerprint;
    fingerprint.add(std::int64_t{blend});
    for (std::size_t segment = 0; segment < outlook::kSegments; ++segment) {
        const auto kind = static_cast<outlook::Segment>(segment);
        for (std::uint32_t code = 0; code < history.groups(kind); ++code) fingerprint.add(history.text(kind, code));
    }
    for (std::size_t project = 0; project < history.projects(); ++project) {
        check_interrupts(project);
        fingerprint.add(history.id(project));
        for (const auto &version : history.versions(project)) add(fingerprint, history, version);
    }
    for (const PastForecast &past : record) {
        fingerprint.add(bits(past.origin))
            .add(std::int64_t{past.month})
            .add(static_cast<std::int64_t>(past.span))
            .add(bits(past.before))
            .add(bits(past.after))
            .add(bits(past.k2))
            .add(bits(past.top_down.value_or(0.0)));
    }
    return fingerprint.hex();
}

}  // namespace pipeline_forecast::pg
