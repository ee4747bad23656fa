// The four fields by which projects are compared, and the five tiers of comparison, from narrow to everything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace pipeline_forecast::analysis {

enum class Field : std::uint8_t { kAccount, kType, kCategory, kProductType };

inline constexpr std::array<Field, 4> kFields{Field::kAccount, Field::kType, Field::kCategory, Field::kProductType};

// "account", "type", "category", "product_type".
[[nodiscard]] std::string_view to_string(Field field) noexcept;

class FieldSet {
public:
    constexpr FieldSet() = default;
    constexpr FieldSet(std::initializer_list<Field> fields) noexcept {
        for (const Field field : fields) insert(field);
    }

    constexpr void insert(Field field) noexcept { bits_ |= bit(field); }
    [[nodiscard]] constexpr bool contains(Field field) const noexcept { return (bits_ & bit(field)) != 0; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }

    friend constexpr bool operator==(FieldSet, FieldSet) = default;

private:
    static constexpr unsigned bit(Field field) noexcept { return 1U << static_cast<unsigned>(field); }

    unsigned bits_ = 0;
};

// Tier 5 compares with everything, and each lower tier adds one field: 4 category, 3 type, 2 product_type, 1 account.
inline constexpr int kNarrowestTier = 1;
inline constexpr int kGlobalTier = 5;

// kNarrowestTier <= tier < kGlobalTier.
[[nodiscard]] constexpr Field added_field(int tier) noexcept {
    constexpr std::array<Field, 4> kAdded{Field::kAccount, Field::kProductType, Field::kType, Field::kCategory};
    return kAdded[static_cast<std::size_t>(tier - kNarrowestTier)];
}

// All fields of a tier.
[[nodiscard]] FieldSet tier_fields(int tier) noexcept;

}  // namespace pipeline_forecast::analysis
