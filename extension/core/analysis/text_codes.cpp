#include "core/analysis/text_codes.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

std::uint32_t TextCodes::add(std::string_view text) {
    if (text.empty()) return kMissing;
    if (const auto known = codes_.find(text); known != codes_.end()) return known->second;
    const std::string &kept = texts_.emplace_back(text);
    return codes_.emplace(kept, static_cast<std::uint32_t>(texts_.size())).first->second;
}

std::uint32_t TextCodes::find(std::string_view text) const {
    if (text.empty()) return kMissing;
    const auto known = codes_.find(text);
    return known == codes_.end() ? kUnknown : known->second;
}

}  // namespace pipeline_forecast::analysis
