#include "core/outlook/revenue.hpp"

#include <algorithm>

#include "core/interrupts.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

// Mean orders that are spread evenly beside what was seen.
constexpr double kLagKappa = 5.0;

// What is left of an order at the origin. Beyond what was ordered nothing is expected to come back.
double remainder_of(const InvoicedOrder &order) noexcept {
    return std::max(0.0, order.order_value - order.invoiced_all);
}

void add_remainder(Months &months, double remainder, int age, const LagShares &lag) noexcept {
    double ahead = 0.0;
    for (int d = std::max(age, 0); d < kLagMonths; ++d) ahead += lag[static_cast<std::size_t>(d)];
    if (age >= kLagMonths || !(ahead > 0.0)) {
        months[1] += remainder;
        return;
    }
    for (int d = std::max(age, 0); d < kLagMonths; ++d) {
        const auto month = static_cast<std::size_t>(d - age);
        if (month < months.size()) months[month] += remainder * lag[static_cast<std::size_t>(d)] / ahead;
    }
}

}  // namespace

LagShares lag_shares(std::span<const InvoicedOrder> orders, int origin_month) {
    double all = 0.0;
    LagShares ordered{};
    LagShares invoiced{};
    for (std::size_t row = 0; row < orders.size(); ++row) {
        check_interrupts(row);
        const InvoicedOrder &order = orders[row];
        all += order.order_value;
        for (int d = 0; d < kLagMonths && order.won_month + d < origin_month; ++d) {
            const auto i = static_cast<std::size_t>(d);
            ordered[i] += order.order_value;
            invoiced[i] += order.invoiced[i];
        }
    }
    LagShares shares{};
    const double prior = orders.empty() ? 0.0 : kLagKappa * all / static_cast<double>(orders.size());
    for (std::size_t d = 0; d < shares.size(); ++d) {
        const double whole = ordered[d] + prior;
        shares[d] = whole > 0.0 ? std::max(0.0, (invoiced[d] + prior / kLagMonths) / whole) : 1.0 / kLagMonths;
    }
    return shares;
}

Revenue expected_revenue(std::span<const InvoicedOrder> orders, int origin_month, const LagShares &lag,
                         const Months &bookings) {
    Revenue revenue;
    for (std::size_t row = 0; row < orders.size(); ++row) {
        check_interrupts(row);
        add_remainder(revenue.ordered, remainder_of(orders[row]), origin_month - orders[row].won_month, lag);
    }
    for (std::size_t month = 0; month < revenue.won.size(); ++month) {
        for (std::size_t won = 0; won <= month; ++won) revenue.won[month] += bookings[won] * lag[month - won];
    }
    return revenue;
}

}  // namespace pipeline_forecast::outlook
