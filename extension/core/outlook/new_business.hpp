// Projects that do not exist yet: how many will arrive, what they will be worth, and when they will be won.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/outlook/cumulants.hpp"
#include "core/outlook/history.hpp"
#include "core/outlook/horizon.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

// Of one type of project.
struct NewType {
    std::uint32_t type = 0;      // code of Segment::kType
    double arrivals = 0.0;       // projects a day
    ValueMoments values{};       // of their first values
    ByCause<double> rate{1, 1};  // factor on the rates of all
    Months wins{};
};

struct NewBusiness {
    std::array<ByCause<double>, kBands> base{};  // a day, by days since creation
    std::array<double, kMonthsOfYear> season{};  // logarithms of factors on arrivals
    std::vector<NewType> types;                  // by code
};

// The model has its calendar and its level.
[[nodiscard]] NewBusiness forecast_new_business(const Model &model, const History &history, const Lives &lives,
                                                const Horizon &horizon, const Settings &settings);

}  // namespace pipeline_forecast::outlook
