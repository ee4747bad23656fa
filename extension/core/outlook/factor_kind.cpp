#include "core/outlook/factor_kind.hpp"

#include "core/outlook/bins.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

std::string whole(double number) { return std::to_string(static_cast<int>(number)); }

// Of ascending lower edges; the first bin begins at 0.
template <std::size_t count>
std::string range_label(const std::array<double, count> &edges, std::size_t bin, const char *unit) {
    if (bin >= count) return whole(edges[count - 1]) + " " + unit + " and more";
    const double from = bin == 0 ? 0.0 : edges[bin - 1];
    return whole(from) + " to " + whole(edges[bin] - 1.0) + " " + unit;
}

std::string date_label(std::size_t bin) {
    if (bin == kNoDate) return "none";
    if (bin == 0) return "more than " + whole(-kDateEdges.front()) + " days ahead";
    if (bin == kNoDate - 1) return whole(kDateEdges.back()) + " days past and more";
    const double from = kDateEdges[bin - 1];
    const double to = kDateEdges[bin];
    if (to <= 0.0) return whole(-to) + " to " + whole(-from) + " days ahead";
    if (from >= 0.0) return whole(from) + " to " + whole(to) + " days past";
    return "within " + whole(to) + " days";
}

}  // namespace

std::string_view factor_name(FactorKind kind) noexcept {
    switch (kind) {
        case FactorKind::kStage: return "stage";
        case FactorKind::kStageAge: return "stage x age";
        case FactorKind::kChange: return "last change";
        case FactorKind::kStatedDate: return "stated date";
        case FactorKind::kPushes: return "times pushed";
        case FactorKind::kPercent: return "stated percent";
        case FactorKind::kType: return "type";
        case FactorKind::kCategory: return "category";
        case FactorKind::kValueBand: return "value band";
        case FactorKind::kOwner: return "owner";
        case FactorKind::kStageBand: return "stage x days ahead";
    }
    return "";
}

std::string bin_label(FactorKind kind, int bin) {
    const auto index = static_cast<std::size_t>(bin);
    switch (kind) {
        case FactorKind::kStageAge:
        case FactorKind::kChange: return range_label(kAgeEdges, index, "days");
        case FactorKind::kStatedDate: return date_label(index);
        case FactorKind::kPushes:
            return index + 1 < kPushBins ? std::to_string(bin) : std::to_string(bin) + " and more";
        case FactorKind::kPercent: return index == kNoPercent ? "none" : range_label(kPercentEdges, index, "%");
        case FactorKind::kStageBand:
            return whole(kBandEdges[index]) + " to " + whole(kBandEdges[index + 1] - 1.0) + " days";
        default: return "";
    }
}

}  // namespace pipeline_forecast::outlook
