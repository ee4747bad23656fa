#include "core/analysis/project_set.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

CodedProject coded(const ProjectRow &row, const SegmentKey &key) noexcept {
    return {key, row.new_enquiry_value, row.gestation_period, row.outcome, row.date_created};
}

// The beginning of a text as a number of the same order: almost always enough to tell two ids apart, without fetching
// either.
struct AbbreviatedId {
    std::uint64_t first;
    std::uint64_t second;
    std::uint32_t row;

    AbbreviatedId(std::string_view id, std::uint32_t number) noexcept
        : first(big_endian(id, 0)), second(big_endian(id, sizeof first)), row(number) {}

private:
    static std::uint64_t big_endian(std::string_view text, std::size_t begin) noexcept {
        std::uint64_t number = 0;
        for (std::size_t i = begin; i < begin + sizeof number; ++i) {
            number = number << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
        }
        return number;
    }
};

}  // namespace

std::string_view ProjectRow::text(Field field) const noexcept {
    switch (field) {
        case Field::kAccount: return account;
        case Field::kType: return type;
        case Field::kCategory: return category;
        case Field::kProductType: return product_type;
    }
    return {};
}

void ProjectSet::reserve(std::size_t rows) {
    projects_.reserve(rows);
    id_ends_.reserve(rows);
}

void ProjectSet::add(const ProjectRow &row) {
    SegmentKey key;
    for (const Field field : kFields) {
        const auto index = static_cast<std::size_t>(field);
        key.codes[index] = texts_[index].add(row.text(field));
    }
    ids_.append(row.id);
    id_ends_.push_back(ids_.size());
    projects_.push_back(coded(row, key));
}

std::string_view ProjectSet::id(std::size_t row) const noexcept {
    const std::size_t begin = row == 0 ? 0 : id_ends_[row - 1];
    return std::string_view(ids_).substr(begin, id_ends_[row] - begin);
}

std::vector<std::uint32_t> ProjectSet::rows_by_id() const {
    std::vector<AbbreviatedId> ids;
    ids.reserve(size());
    for (std::size_t row = 0; row < size(); ++row) ids.emplace_back(id(row), static_cast<std::uint32_t>(row));
    std::sort(ids.begin(), ids.end(), [this](const AbbreviatedId &a, const AbbreviatedId &b) {
        if (a.first != b.first) return a.first < b.first;
        if (a.second != b.second) return a.second < b.second;
        return id(a.row) < id(b.row);
    });
    std::vector<std::uint32_t> rows;
    rows.reserve(ids.size());
    for (const AbbreviatedId &each : ids) rows.push_back(each.row);
    return rows;
}

ProjectRow ProjectSet::row(std::size_t row) const noexcept {
    const CodedProject &project = projects_[row];
    return {.id = id(row),
            .account = text(Field::kAccount, project.key.code(Field::kAccount)),
            .type = text(Field::kType, project.key.code(Field::kType)),
            .category = text(Field::kCategory, project.key.code(Field::kCategory)),
            .product_type = text(Field::kProductType, project.key.code(Field::kProductType)),
            .new_enquiry_value = project.new_enquiry_value,
            .gestation_period = project.gestation_period,
            .outcome = project.outcome,
            .date_created = project.date_created};
}

CodedProject ProjectSet::encode(const ProjectRow &row) const {
    SegmentKey key;
    for (const Field field : kFields) {
        const auto index = static_cast<std::size_t>(field);
        key.codes[index] = texts_[index].find(row.text(field));
    }
    return coded(row, key);
}

}  // namespace pipeline_forecast::analysis
