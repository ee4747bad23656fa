#include "pg/analysis_source.hpp"

#include <utility>

#include "core/analysis/digest_checksum.hpp"
#include "core/input_error.hpp"
#include "pg/arguments.hpp"

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
    if (row.has(kNewEnquiryValue)) project.new_enquiry_value = known_money(row.datum(kNewEnquiryValue));
    if (row.has(kGestationPeriod)) project.gestation_period = DatumGetInt32(row.datum(kGestationPeriod));
    if (row.has(kDateCreated)) project.date_created = known_day(DatumGetDateADT(row.datum(kDateCreated)));
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

AnalysisSource::AnalysisSource(std::optional<TimestampTz> as_of) : as_of_(as_of) {}

std::string AnalysisSource::input() const {
    return std::string(" FROM pipeline_data.") + (as_of_ ? "analysis_input_as_of($1)" : "analysis_input") + " i";
}

std::string AnalysisSource::select() const {
    return "SELECT project_id, account, type, category, product_type, new_enquiry_value, gestation_period, outcome, "
           "date_created, pipeline_stage" +
           input();
}

std::vector<QueryParameter> AnalysisSource::parameters() const {
    if (!as_of_) return {};
    return {{.type = TIMESTAMPTZOID, .value = TimestampTzGetDatum(*as_of_)}};
}

AnalysisProjects AnalysisSource::read_all() const {
    AnalysisProjects projects;
    for_each_row(select(), parameters(), [&](const QueryRow &row) {
        const ProjectRow project = project_row(row);
        const std::string_view stage = row.text_at(kPipelineStage);
        projects.set.add(project);
        projects.fingerprints.push_back(fingerprint_of(project, stage));
    });
    return projects;
}

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

AnalysisDigest AnalysisSource::kept_digest() const {
    if (as_of_) return computed_digest();
    try {
        return stored_digest();
    } catch (const InputError &damage) {
        pg_call([&] {
            ereport(WARNING, (errmsg("the digest of the projects cannot be read: %s", damage.what()),
                              errdetail("The projects themselves are read, which takes longer."),
                              errhint("Call pipeline_setup(), which makes it anew.")));
        });
        return computed_digest();
    }
}

AnalysisDigest AnalysisSource::stored_digest() const {
    AnalysisDigest digest = read_digest("SELECT packed FROM pipeline_data.kept_digest", {});
    for_each_row("SELECT stage, outcome FROM pipeline.pipeline_stage", {}, [&](const QueryRow &row) {
        const std::string_view stage = row.text_at(1);
        const Outcome outcome = analysis::parse_outcome(row.text_at(2)).value_or(Outcome::kOpen);
        digest.stages.emplace(stage, outcome);
    });
    return digest;
}

AnalysisDigest AnalysisSource::computed_digest() const {
    // Outcomes are known here, so they stand in for the stages.
    AnalysisDigest digest = read_digest(
        "SELECT pipeline_internal.digest_projects(1, i.account, i.type, i.category, i.product_type, i.outcome, "
        "i.new_enquiry_value, "
        "i.gestation_period, i.date_created)" +
            input(),
        parameters());
    for (const Outcome outcome : {Outcome::kWon, Outcome::kLost}) {
        digest.stages.emplace(analysis::to_string(outcome), outcome);
    }
    return digest;
}

bool AnalysisSource::is_digest_of(const analysis::ProjectSet &projects) const {
    try {
        const AnalysisDigest kept = stored_digest();
        return digest_checksum(projects) == digest_checksum(kept.pieces, kept.stages);
    } catch (const InputError &) {
        return false;  // damaged
    }
}

void AnalysisSource::repair_digest(const analysis::ProjectSet &projects) const {
    if (is_digest_of(projects)) return;
    pg_call([&] {
        if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "could not connect to SPI");
        if (SPI_execute("SELECT pipeline_internal.catch_up_digest()", false, 1) != SPI_OK_SELECT)
            elog(ERROR, "could not repair the digest");
        bool is_null = false;
        const Datum was_incomplete = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
        if (DatumGetBool(was_incomplete)) {
            ereport(WARNING, (errmsg("projects were changed while their triggers were off"),
                              errdetail("The digest of the projects was incomplete and has been repaired."),
                              errhint("Call pipeline_setup(), which also brings history up to date.")));
        }
        SPI_finish();
    });
}

AnalysisDigest AnalysisSource::read_digest(const std::string &query, const std::vector<QueryParameter> &values) {
    // Large pieces are copied once, out of the table and to where they are read.
    MemoryContext lasting = CurrentMemoryContext;
    std::vector<std::string_view> packed;
    for_each_row(query, values, [&](const QueryRow &row) {
        const std::string_view piece = row.copy_at(1, lasting);
        const bool is_null = piece.data() == nullptr;  // no project at all
        if (!is_null) packed.push_back(piece);
    });
    // Not while the query is open: a damaged piece is something to go on after.
    AnalysisDigest digest;
    for (const std::string_view piece : packed) digest.pieces.emplace_back(piece);
    return digest;
}

}  // namespace pipeline_forecast::pg
