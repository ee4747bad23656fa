// Texts as small numbers: equal texts get equal numbers, so that comparing and sorting costs next to nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pipeline_forecast::analysis {

// Codes count from 1 in the order of arrival; texts compare byte by byte.
class TextCodes {
public:
    static constexpr std::uint32_t kMissing = 0;  // the empty text
    static constexpr std::uint32_t kUnknown = UINT32_MAX;

    TextCodes() = default;
    // The texts stay where they are when they are moved, not when they are copied.
    TextCodes(TextCodes &&) = default;
    TextCodes &operator=(TextCodes &&) = default;

    std::uint32_t add(std::string_view text);
    // kUnknown for a text that was never added.
    [[nodiscard]] std::uint32_t find(std::string_view text) const;

    // Of a code that add() returned. Valid as long as this object, moved or not.
    [[nodiscard]] std::string_view text(std::uint32_t code) const noexcept {
        return code == kMissing ? std::string_view{} : texts_[code - 1];
    }
    [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }

private:
    std::deque<std::string> texts_;  // by code, from 1 on
    std::unordered_map<std::string_view, std::uint32_t> codes_;
};

}  // namespace pipeline_forecast::analysis
