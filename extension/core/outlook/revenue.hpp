// From orders to invoices: how long after the win its value is invoiced, and what of the past is still to come.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/outlook/horizon.hpp"

namespace pipeline_forecast::outlook {

inline constexpr int kLagMonths = 13;  // 0 to 12 months after the win
using LagShares = std::array<double, kLagMonths>;

// A won project with what was invoiced of it, net of credit notes.
struct InvoicedOrder {
    int won_month = 0;  // counted from January 1970
    double order_value = 0.0;
    LagShares invoiced{};       // by months after the win; earlier invoices count for month 0, later ones for none
    double invoiced_all = 0.0;  // whenever
};

// The share of an order's value invoiced so many months after the win, over the orders given: those won in the last
// three years. Months of an order that lie beyond origin_month are not known yet and count for nothing.
[[nodiscard]] LagShares lag_shares(std::span<const InvoicedOrder> orders, int origin_month);

struct Revenue {
    Months ordered{};  // from orders that are there
    Months won{};      // from what the outlook expects to be won
};

// bookings: expected won value by month, after the blend.
[[nodiscard]] Revenue expected_revenue(std::span<const InvoicedOrder> orders, int origin_month, const LagShares &lag,
                                       const Months &bookings);

}  // namespace pipeline_forecast::outlook
