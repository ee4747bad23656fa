#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "core/outlook/revenue.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr int kMonth = 650;

// Half at once, half two months later.
InvoicedOrder halves(int won_month, double value) {
    InvoicedOrder order{.won_month = won_month, .order_value = value};
    for (const int d : {0, 2}) {
        if (won_month + d >= kMonth) continue;
        order.invoiced[static_cast<std::size_t>(d)] = value / 2.0;
        order.invoiced_all += value / 2.0;
    }
    return order;
}

std::vector<InvoicedOrder> orders(int months) {
    std::vector<InvoicedOrder> all;
    for (int i = 1; i <= months; ++i) {
        for (int n = 0; n < 40; ++n) all.push_back(halves(kMonth - i, 100.0 + n));
    }
    return all;
}

double sum(const Months &months) { return std::accumulate(months.begin(), months.end(), 0.0); }

TEST(OutlookRevenue, LearnsWhenOrdersAreInvoiced) {
    const LagShares lag = lag_shares(orders(30), kMonth);
    EXPECT_NEAR(lag[0], 0.5, 0.01);
    EXPECT_NEAR(lag[2], 0.5, 0.01);
    EXPECT_NEAR(lag[1], 0.0, 0.01);
    EXPECT_NEAR(std::accumulate(lag.begin(), lag.end(), 0.0), 1.0, 0.01);
}

// Recent orders have not had the time for their later invoices, which is no sign that they will not come.
TEST(OutlookRevenue, MonthsToComeCountForNothing) { EXPECT_NEAR(lag_shares(orders(3), kMonth)[2], 0.5, 0.06); }

TEST(OutlookRevenue, EvenlyWithoutOrders) {
    for (const double share : lag_shares({}, kMonth)) EXPECT_EQ(share, 1.0 / kLagMonths);
}

TEST(OutlookRevenue, OrderedWorkIsInvoicedInFull) {
    const std::vector<InvoicedOrder> all = orders(30);
    const Revenue revenue = expected_revenue(all, kMonth, lag_shares(all, kMonth), {});
    double open = 0.0;
    for (const InvoicedOrder &order : all) open += order.order_value - order.invoiced_all;
    EXPECT_NEAR(sum(revenue.ordered), open, 1e-9 * open);
    EXPECT_GT(revenue.ordered[0], 0.45 * open);
    EXPECT_EQ(sum(revenue.won), 0.0);
}

TEST(OutlookRevenue, OldRemaindersComeNextMonth) {
    const std::vector<InvoicedOrder> all{
        {.won_month = kMonth - 20, .order_value = 80.0, .invoiced = {}, .invoiced_all = 30.0}};
    EXPECT_EQ(expected_revenue(all, kMonth, lag_shares(all, kMonth), {}).ordered[1], 50.0);
}

TEST(OutlookRevenue, MoreThanOrderedIsNotTakenBack) {
    const std::vector<InvoicedOrder> all{
        {.won_month = kMonth - 3, .order_value = 80.0, .invoiced = {100.0}, .invoiced_all = 100.0}};
    EXPECT_EQ(sum(expected_revenue(all, kMonth, lag_shares(all, kMonth), {}).ordered), 0.0);
}

TEST(OutlookRevenue, BookingsFollowTheLag) {
    LagShares lag{};
    lag[1] = 0.25;
    lag[3] = 0.75;
    Months bookings{};
    bookings[0] = 100.0;
    bookings[2] = 40.0;
    const Revenue revenue = expected_revenue({}, kMonth, lag, bookings);
    EXPECT_EQ(revenue.won[1], 25.0);
    EXPECT_EQ(revenue.won[3], 75.0 + 10.0);
    EXPECT_EQ(revenue.won[5], 30.0);
    EXPECT_EQ(sum(revenue.ordered), 0.0);
}

}  // namespace
}  // namespace pipeline_forecast::outlook
