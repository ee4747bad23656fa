// The projects that an analysis compares with, in a compact form: texts become numbers as rows stream in, so the
// caller keeps no copy of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/outcome.hpp"
#include "core/analysis/segment_fields.hpp"
#include "core/analysis/text_codes.hpp"
#include "core/calendar.hpp"
#include "core/fixed_point.hpp"

namespace pipeline_forecast::analysis {

// One project as its owner stores it. Texts compare exactly, byte by byte; an empty text is a missing one. A list
// such as "Board A, Board B" is one value.
struct ProjectRow {
    std::string_view id = {};
    std::string_view account = {};
    std::string_view type = {};
    std::string_view category = {};
    std::string_view product_type = {};
    std::optional<Money> new_enquiry_value = {};
    std::optional<int> gestation_period = {};  // days
    Outcome outcome = Outcome::kOpen;
    std::optional<Day> date_created = {};

    [[nodiscard]] std::string_view text(Field field) const noexcept;
};

// The four fields by which segments are formed, each as a number that stands for its text within one ProjectSet.
struct SegmentKey {
    static constexpr std::uint32_t kMissing = TextCodes::kMissing;
    // A text that no project of the set has.
    static constexpr std::uint32_t kUnknown = TextCodes::kUnknown;

    std::array<std::uint32_t, kFields.size()> codes{};

    [[nodiscard]] std::uint32_t code(Field field) const noexcept { return codes[static_cast<std::size_t>(field)]; }
};

struct CodedProject {
    SegmentKey key;
    std::optional<Money> new_enquiry_value;
    std::optional<int> gestation_period;
    Outcome outcome = Outcome::kOpen;
    std::optional<Day> date_created;
};

// Rows are numbered from 0 in the order of their arrival; the order has no influence on any result. Holds up to 2^32
// - 1 rows.
class ProjectSet {
public:
    void reserve(std::size_t rows);
    void add(const ProjectRow &row);

    [[nodiscard]] std::size_t size() const noexcept { return projects_.size(); }
    [[nodiscard]] const CodedProject &operator[](std::size_t row) const noexcept { return projects_[row]; }
    // Asks the processor for a row that will be read soon.
    void prefetch(std::size_t row) const noexcept { __builtin_prefetch(&projects_[row]); }
    [[nodiscard]] std::string_view text(Field field, std::uint32_t code) const noexcept {
        return texts_[static_cast<std::size_t>(field)].text(code);
    }
    // Valid until the next add().
    [[nodiscard]] std::string_view id(std::size_t row) const noexcept;

    // All rows, in the order of the bytes of their ids.
    [[nodiscard]] std::vector<std::uint32_t> rows_by_id() const;

    // Number `row` as it was added. Valid until the next add().
    [[nodiscard]] ProjectRow row(std::size_t row) const noexcept;

    // A project that need not belong to the set, in the numbers of the set.
    [[nodiscard]] CodedProject encode(const ProjectRow &row) const;

private:
    std::array<TextCodes, kFields.size()> texts_;  // by field
    std::vector<CodedProject> projects_;
    // One after the other: a string object for each would take three times the memory.
    std::string ids_;
    std::vector<std::size_t> id_ends_;
};

// visit(row number, project) for each of the rows. The rows of a segment lie far apart in a large set: they are fetched
// ahead, or each visit would wait for memory.
template <typename Visit>
void for_each_project(const ProjectSet &projects, std::span<const std::uint32_t> rows, Visit &&visit) {
    constexpr std::size_t kAhead = 16;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + kAhead < rows.size()) projects.prefetch(rows[i + kAhead]);
        visit(rows[i], projects[rows[i]]);
    }
}

}  // namespace pipeline_forecast::analysis
