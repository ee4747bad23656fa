#include "core/analysis/project_set.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

std::string_view text_of(const ProjectRow &row, Field field) noexcept {
    switch (field) {
        case Field::kAccount: return row.account;
        case Field::kType: return row.type;
        case Field::kCategory: return row.category;
        case Field::kProductType: return row.product_type;
    }
    return {};
}

CodedProject coded(const ProjectRow &row, const SegmentKey &key) noexcept {
    return {key, row.new_enquiry_value, row.gestation_period, row.outcome, row.date_created};
}

}  // namespace

void ProjectSet::reserve(std::size_t rows) {
    projects_.reserve(rows);
    id_ends_.reserve(rows);
}

void ProjectSet::add(const ProjectRow &row) {
    SegmentKey key;
    for (const Field field : kFields) {
        const std::string_view text = text_of(row, field);
        if (text.empty()) continue;
        Dictionary &dictionary = dictionaries_[static_cast<std::size_t>(field)];
        auto entry = dictionary.find(text);
        if (entry == dictionary.end()) {
            const auto next = static_cast<std::uint32_t>(dictionary.size() + 1);
            entry = dictionary.emplace(text, next).first;
            texts_[static_cast<std::size_t>(field)].emplace_back(text);
        }
        key.codes[static_cast<std::size_t>(field)] = entry->second;
    }
    ids_.append(row.id);
    id_ends_.push_back(ids_.size());
    projects_.push_back(coded(row, key));
}

std::string_view ProjectSet::id(std::size_t row) const noexcept {
    const std::size_t begin = row == 0 ? 0 : id_ends_[row - 1];
    return std::string_view(ids_).substr(begin, id_ends_[row] - begin);
}

ProjectRow ProjectSet::row(std::size_t row) const noexcept {
    const CodedProject &project = projects_[row];
    const auto text = [&](Field field) -> std::string_view {
        const std::uint32_t code = project.key.code(field);
        if (code == SegmentKey::kMissing) return {};
        return texts_[static_cast<std::size_t>(field)][code - 1];
    };
    return {.id = id(row),
            .account = text(Field::kAccount),
            .type = text(Field::kType),
            .category = text(Field::kCategory),
            .product_type = text(Field::kProductType),
            .new_enquiry_value = project.new_enquiry_value,
            .gestation_period = project.gestation_period,
            .outcome = project.outcome,
            .date_created = project.date_created};
}

CodedProject ProjectSet::encode(const ProjectRow &row) const {
    SegmentKey key;
    for (const Field field : kFields) {
        const std::string_view text = text_of(row, field);
        if (text.empty()) continue;
        const Dictionary &dictionary = dictionaries_[static_cast<std::size_t>(field)];
        const auto entry = dictionary.find(text);
        key.codes[static_cast<std::size_t>(field)] = entry == dictionary.end() ? SegmentKey::kUnknown : entry->second;
    }
    return coded(row, key);
}

}  // namespace pipeline_forecast::analysis
