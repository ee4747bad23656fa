// Currencies as they stand beside an amount.
#pragma once

#include <optional>
#include <string_view>

namespace pipeline_forecast {

// A sign that several currencies share is its own until a code of one of them stands beside it in the column.
struct Currency {
    std::string_view name;        // "EUR"; of a shared sign the sign: "$", "kr", "¥"
    std::string_view usual_code;  // what a shared sign mostly means: "USD"; else the name
    std::size_t length = 0;       // bytes of the text that it took

    [[nodiscard]] bool same_as(const Currency &other) const noexcept {
        return name == other.name || name == other.usual_code || usual_code == other.name;
    }
};

// The currency that a text begins or ends with: an ISO 4217 code in capitals, or a sign.
[[nodiscard]] std::optional<Currency> currency_before(std::string_view text) noexcept;
[[nodiscard]] std::optional<Currency> currency_behind(std::string_view text) noexcept;

// Of a text that is a currency and nothing else.
[[nodiscard]] std::optional<Currency> currency_named(std::string_view text) noexcept;

}  // namespace pipeline_forecast
