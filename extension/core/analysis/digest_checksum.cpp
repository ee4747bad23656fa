#include "core/analysis/digest_checksum.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/analysis/mixer.hpp"
#include "core/interrupts.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

// Of one project; texts as hashes of theirs.
std::uint64_t row_checksum(const std::array<std::uint64_t, kFields.size()> &texts, Outcome outcome,
                           std::optional<Money> value, std::optional<Day> created, int gestation) noexcept {
    Mixer mixer;
    for (const std::uint64_t text : texts) mixer.add(text);
    mixer.add(static_cast<std::int64_t>(outcome));
    mixer.add(std::int64_t{value.has_value()});
    mixer.add(value.value_or(Money{}).cents);
    mixer.add(std::int64_t{created.has_value()});
    mixer.add(std::int64_t{created.value_or(Day{}).time_since_epoch().count()});
    mixer.add(std::int64_t{gestation});
    return mixer.value();
}

std::uint64_t text_checksum(std::string_view text) noexcept { return std::hash<std::string_view>{}(text); }

}  // namespace

std::uint64_t digest_checksum(const ProjectSet &projects) {
    std::uint64_t sum = 0;
    for (std::size_t row = 0; row < projects.size(); ++row) {
        const CodedProject &project = projects[row];
        std::array<std::uint64_t, kFields.size()> texts{};
        for (const Field field : kFields) {
            texts[static_cast<std::size_t>(field)] = text_checksum(projects.text(field, project.key.code(field)));
        }
        sum += row_checksum(texts, project.outcome, project.new_enquiry_value, project.date_created,
                            digest_gestation(project.gestation_period));
    }
    return sum;
}

std::uint64_t digest_checksum(std::span<const DigestPiece> pieces, const StageOutcomes &stages) {
    std::uint64_t sum = 0;
    for (const DigestPiece &piece : pieces) {
        const std::vector<Outcome> outcomes = piece.outcomes(stages);
        std::array<std::vector<std::uint64_t>, kFields.size()> checksums;
        for (std::size_t field = 0; field < kFields.size(); ++field) {
            for (const std::string_view text : piece.texts(field)) checksums[field].push_back(text_checksum(text));
        }
        for (std::size_t row = 0; row < piece.size(); ++row) {
            std::array<std::uint64_t, kFields.size()> texts{};
            for (std::size_t field = 0; field < kFields.size(); ++field) {
                texts[field] = checksums[field][piece.code(field, row)];
            }
            const std::uint64_t checksum =
                row_checksum(texts, outcomes[piece.code(kStageText, row)], piece.new_enquiry_value(row),
                             piece.date_created(row), piece.gestation_period(row));
            sum += piece.is_removal(row) ? -checksum : checksum;
            check_interrupts(row);
        }
    }
    return sum;
}

}  // namespace pipeline_forecast::analysis
