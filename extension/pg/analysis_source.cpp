#include "pg/analysis_source.hpp"

#include <utility>

#include "pg/arguments.hpp"
#include "pg/numeric_codec.hpp"

namespace pipeline_forecast::pg {
namespace {

using analysis::Outcome;
using analysis::ProjectRow;

enum Column {
    kId = 1,
    kAccount,
    kType,
    kCategory,
    kProductType,
    kNewEnquiryValue,
    kGestationPeriod,
    kOutcome,
    kDateCreated,
    kPipelineStage,
};

// Trivial to destroy, as a row that is being read has to be: see for_each_row.
ProjectRow project_row(const QueryRow &row) {
    ProjectRow project{.id = row.text_at(kId),
                       .account = row.text_at(kAccount),
                       .type = row.text_at(kType),
                       .category = row.text_at(kCategory),
                       .product_type = row.text_at(kProductType),
                       .outcome = analysis::parse_outcome(row.text_at(kOutcome)).value_or(Outcome::kOpen)};
    if (row.has(kNewEnquiryValue)) {
        if (const auto cents = scaled_from_numeric(row.datum(kNewEnquiryValue), kMoneyScale)) {
            project.new_enquiry_value = Money{*cents};
        }
    }
    if (row.has(kGestationPeriod)) project.gestation_period = DatumGetInt32(row.datum(kGestationPeriod));
    if (row.has(kDateCreated)) {
        const DateADT date = DatumGetDateADT(row.datum(kDateCreated));
        if (!DATE_NOT_FINITE(date)) project.date_created = day_from_date(date);
    }
    return project;
}

Fingerprint fingerprint_of(const ProjectRow &project, std::string_view stage) {
    constexpr std::int64_t kUnknown = INT64_MIN;
    Fingerprint fingerprint;
    fingerprint.add(project.account)
        .add(project.type)
        .add(project.category)
        .add(project.product_type)
        .add(stage)
        .add(project.new_enquiry_value ? project.new_enquiry_value->cents : kUnknown);
    return fingerprint;
}

Datum text_value(const std::string &text) {
    return pg_call([&] { return text_datum(text); });
}

}  // namespace

ProjectRow AnalysisTarget::row() const {
    return {.id = id,
            .account = account,
            .type = type,
            .category = category,
            .product_type = product_type,
            .new_enquiry_value = new_enquiry_value,
            .gestation_period = gestation_period,
            .outcome = outcome,
            .date_created = date_created};
}

AnalysisSource::AnalysisSource(std::string schema, std::optional<TimestampTz> as_of)
    : schema_(std::move(schema)), as_of_(as_of) {}

std::string AnalysisSource::select() const {
    return "SELECT project_id, account, type, category, product_type, new_enquiry_value, gestation_period, outcome, "
           "date_created, pipeline_stage FROM " +
           schema_ + (as_of_ ? "._pipeline_analysis_input_as_of($1)" : "._pipeline_analysis_input") + " i";
}

std::vector<QueryParameter> AnalysisSource::parameters() const {
    if (!as_of_) return {};
    return {{.type = TIMESTAMPTZOID, .value = TimestampTzGetDatum(*as_of_)}};
}

AnalysisProjects AnalysisSource::read(const std::string &condition, std::vector<QueryParameter> values) const {
    AnalysisProjects projects;
    for_each_row(select() + condition, values, [&](const QueryRow &row) {
        const ProjectRow project = project_row(row);
        const std::string_view stage = row.text_at(kPipelineStage);
        projects.set.add(project);
        projects.fingerprints.push_back(fingerprint_of(project, stage));
    });
    return projects;
}

AnalysisProjects AnalysisSource::read_all() const { return read({}, parameters()); }

std::optional<AnalysisTarget> AnalysisSource::read_target(const std::string &id) const {
    std::vector<QueryParameter> values = parameters();
    values.push_back({.type = TEXTOID, .value = text_value(id)});
    std::optional<AnalysisTarget> target;
    for_each_row(select() + " WHERE i.project_id = $" + std::to_string(values.size()), values,
                 [&](const QueryRow &row) {
                     const ProjectRow project = project_row(row);
                     const std::string_view stage = row.text_at(kPipelineStage);
                     target = AnalysisTarget{.id = std::string(project.id),
                                             .account = std::string(project.account),
                                             .type = std::string(project.type),
                                             .category = std::string(project.category),
                                             .product_type = std::string(project.product_type),
                                             .new_enquiry_value = project.new_enquiry_value,
                                             .gestation_period = project.gestation_period,
                                             .outcome = project.outcome,
                                             .date_created = project.date_created,
                                             .fingerprint = fingerprint_of(project, stage)};
                 });
    return target;
}

AnalysisProjects AnalysisSource::read_segment(const AnalysisTarget &target, int tier) const {
    using analysis::Field;
    const std::pair<Field, const std::string &> known[] = {{Field::kAccount, target.account},
                                                           {Field::kType, target.type},
                                                           {Field::kCategory, target.category},
                                                           {Field::kProductType, target.product_type}};
    const analysis::FieldSet fields = analysis::tier_fields(tier);
    std::vector<QueryParameter> values = parameters();
    std::string condition;
    for (const auto &[field, text] : known) {
        if (text.empty() || !fields.contains(field)) continue;
        values.push_back({.type = TEXTOID, .value = text_value(text)});
        condition += (condition.empty() ? " WHERE i." : " AND i.") + std::string(analysis::to_string(field)) + " = $" +
                     std::to_string(values.size());
    }
    return read(condition, std::move(values));
}

}  // namespace pipeline_forecast::pg
