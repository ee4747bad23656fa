// Reads what an analysis needs: all projects, or one with the digest of all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/engine.hpp"
#include "core/analysis/one_project.hpp"
#include "core/fingerprint.hpp"
#include "pg/spi.hpp"

namespace pipeline_forecast::pg {

// A set of projects with, for each, a fingerprint of everything that its analysis takes from its own row.
struct AnalysisProjects {
    analysis::ProjectSet set;
    std::vector<Fingerprint> fingerprints;
};

// One project with texts of its own.
struct AnalysisTarget {
    std::string id;
    std::string account;
    std::string type;
    std::string category;
    std::string product_type;
    std::optional<Money> new_enquiry_value;
    std::optional<int> gestation_period;
    analysis::Outcome outcome = analysis::Outcome::kOpen;
    std::optional<Day> date_created;
    Fingerprint fingerprint;

    // Refers to this target's texts.
    [[nodiscard]] analysis::ProjectRow row() const;
};

// All projects in short; valid as long as the memory context in which it was read.
struct AnalysisDigest {
    std::vector<analysis::DigestPiece> pieces;
    analysis::StageOutcomes stages;
};

class AnalysisSource {
public:
    // Reads the present, or where `as_of` is given the versions that were valid then.
    explicit AnalysisSource(std::optional<TimestampTz> as_of);

    [[nodiscard]] AnalysisProjects read_all() const;
    // Empty where there is no active project of that id.
    [[nodiscard]] std::optional<AnalysisTarget> read_target(const std::string &id) const;
    // The digest that is kept next to the projects. A past moment has none, and one that is damaged is of no use: then
    // it is computed, in the latter case with a warning.
    [[nodiscard]] AnalysisDigest kept_digest() const;
    // From the projects themselves.
    [[nodiscard]] AnalysisDigest computed_digest() const;
    // Completes the digest that is kept, with a warning, where it is not that of `projects`, which are all of them.
    void repair_digest(const analysis::ProjectSet &projects) const;

private:
    // Throws InputError where a piece is damaged or of another version.
    [[nodiscard]] AnalysisDigest stored_digest() const;
    [[nodiscard]] bool is_digest_of(const analysis::ProjectSet &projects) const;
    [[nodiscard]] std::string input() const;
    [[nodiscard]] std::string select() const;
    [[nodiscard]] std::vector<QueryParameter> parameters() const;
    [[nodiscard]] static AnalysisDigest read_digest(const std::string &query,
                                                    const std::vector<QueryParameter> &values);

    std::optional<TimestampTz> as_of_;
};

}  // namespace pipeline_forecast::pg
