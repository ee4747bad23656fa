// Projects as statistics see them, packed: some 16 bytes for a project instead of a row. A pipeline is kept as pieces
// whose sum it is; a change of projects is one more piece, which adds their new facts and removes the former ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/packed_column.hpp"
#include "core/analysis/project_set.hpp"
#include "core/analysis/text_codes.hpp"

namespace pipeline_forecast::analysis {

// The four fields of segments, and the stage, whose outcome is looked up when a digest is read.
inline constexpr std::size_t kDigestTexts = kFields.size() + 1;
inline constexpr std::size_t kStageText = kFields.size();

// A duration that no statistics would use counts as none (0).
[[nodiscard]] int digest_gestation(std::optional<int> days) noexcept;

// A stage that is not among them is open.
using StageOutcomes = std::map<std::string, Outcome, std::less<>>;

// One piece, read in place: the bytes must outlive it.
class DigestPiece {
public:
    // Throws InputError: XX001 where the bytes are no piece, 55000 where they are one of another version, 54000 where
    // the piece is too large for any memory.
    explicit DigestPiece(std::string_view packed);

    [[nodiscard]] std::size_t size() const noexcept { return rows_; }

    // The outcomes of its stages, by code.
    [[nodiscard]] std::vector<Outcome> outcomes(const StageOutcomes &stages) const;

    // Texts have codes of their own within each piece, 0 for the empty one; kUnknown where the piece has no such text.
    [[nodiscard]] const std::vector<std::string_view> &texts(std::size_t field) const noexcept { return texts_[field]; }
    [[nodiscard]] std::uint32_t find(std::size_t field, std::string_view text) const noexcept;
    [[nodiscard]] std::uint32_t code(std::size_t field, std::size_t row) const noexcept {
        return static_cast<std::uint32_t>(codes_[field][row]);
    }

    [[nodiscard]] bool is_removal(std::size_t row) const noexcept { return (flags_[row] & kRemoval) != 0; }
    [[nodiscard]] std::optional<Money> new_enquiry_value(std::size_t row) const noexcept {
        return (flags_[row] & kHasValue) != 0 ? std::optional(Money{cents_[row]}) : std::nullopt;
    }
    [[nodiscard]] std::optional<Day> date_created(std::size_t row) const noexcept {
        if ((flags_[row] & kHasDate) == 0) return std::nullopt;
        return Day{std::chrono::days{static_cast<int>(days_[row])}};
    }
    // 0 for none.
    [[nodiscard]] int gestation_period(std::size_t row) const noexcept { return static_cast<int>(gestations_[row]); }

private:
    friend class DigestBuilder;

    static constexpr std::int64_t kHasValue = 1;
    static constexpr std::int64_t kHasDate = 2;
    static constexpr std::int64_t kRemoval = 4;

    std::size_t rows_ = 0;
    std::array<std::vector<std::string_view>, kDigestTexts> texts_;  // by code; the first is the empty one
    std::array<PackedColumn, kDigestTexts> codes_;
    PackedColumn flags_;
    PackedColumn cents_;
    PackedColumn days_;
    PackedColumn gestations_;
};

// A sum in the making: of projects, of pieces, or of both.
class DigestBuilder {
public:
    void add(const ProjectRow &project, std::string_view stage) { change(project, stage, 1); }
    void remove(const ProjectRow &project, std::string_view stage) { change(project, stage, -1); }
    void add(const DigestPiece &piece) { change(piece, 1); }
    void subtract(const DigestPiece &piece) { change(piece, -1); }

    // Empty where nothing is left: what was added and removed alike leaves no trace.
    [[nodiscard]] std::string pack() &&;

private:
    struct Entry {
        std::array<std::uint32_t, kDigestTexts> codes{};
        std::int64_t flags = 0;  // without kRemoval
        std::int64_t cents = 0;
        std::int64_t day = 0;
        std::int64_t gestation = 0;

        friend bool operator==(const Entry &, const Entry &) = default;
    };
    struct EntryHash {
        std::size_t operator()(const Entry &entry) const noexcept;
    };

    void change(const ProjectRow &project, std::string_view stage, int sign);
    void change(const DigestPiece &piece, int sign);
    void put(const Entry &entry, bool is_removal);
    void cancel();

    std::array<TextCodes, kDigestTexts> texts_;
    std::vector<Entry> added_;
    std::vector<Entry> removed_;
};

}  // namespace pipeline_forecast::analysis
