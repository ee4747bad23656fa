// Reads the projects that an analysis needs: all of them, or for one project as few as its segment allows.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/engine.hpp"
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

class AnalysisSource {
public:
    // schema: quoted. Reads the present, or where `as_of` is given the versions that were valid then.
    AnalysisSource(std::string schema, std::optional<TimestampTz> as_of);

    [[nodiscard]] AnalysisProjects read_all() const;
    // Empty where there is no active project of that id.
    [[nodiscard]] std::optional<AnalysisTarget> read_target(const std::string &id) const;
    // The projects that agree with the target in its known fields of a tier.
    [[nodiscard]] AnalysisProjects read_segment(const AnalysisTarget &target, int tier) const;

private:
    [[nodiscard]] std::string select() const;
    [[nodiscard]] std::vector<QueryParameter> parameters() const;
    [[nodiscard]] AnalysisProjects read(const std::string &condition, std::vector<QueryParameter> values) const;

    std::string schema_;
    std::optional<TimestampTz> as_of_;
};

}  // namespace pipeline_forecast::pg
