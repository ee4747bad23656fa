// One run of the outlook: the learned forecast of all open projects, of projects that do not exist yet, and of their
// sum, from a history up to an origin and nothing later. The same history gives the same bits, in whatever order it
// was added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/outlook/cumulants.hpp"
#include "core/outlook/history.hpp"
#include "core/outlook/horizon.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/new_business.hpp"
#include "core/outlook/open_project.hpp"
#include "core/outlook/record.hpp"
#include "core/outlook/settings.hpp"
#include "core/outlook/totals.hpp"

namespace pipeline_forecast::outlook {

struct Origin {
    double moment = 0.0;  // days since 1970-01-01 UTC
    // Where history really begins; its first version if absent.
    std::optional<double> history_start = std::nullopt;
    // From when outcomes are known; worked out from the history if absent.
    std::optional<double> known_from = std::nullopt;
};

// From how much a run speaks; below 20 wins every answer says "from n wins" whatever the state.
enum class RunState : std::uint8_t {
    kPrior,  // no event
    kYoung,  // history shorter than six months: totals of twelve months are too low
    kThin,   // fewer than 20 wins
    kFitted,
};

struct RunSummary {
    double origin = 0.0;
    double history_start = 0.0;
    double known_from = 0.0;   // h0
    double step = 0.0;         // days between landmarks
    std::size_t versions = 0;  // up to the origin
    std::size_t rows = 0;      // landmark rows
    std::size_t cells = 0;
    std::size_t won = 0;  // projects, from known_from on
    std::size_t lost = 0;
    double shock_prior = 0.0;  // s2_0
    RunState state = RunState::kPrior;
    // Won in the origin's month before the origin: a line of its own, never forecast.
    std::size_t month_won = 0;
    double month_won_value = 0.0;
};

struct ProjectForecast {
    OpenProject facts;
    double value = 0.0;  // V, expected if won
    Months won{};        // by month
    double later = 0.0;  // after the twelfth month
    double lost = 0.0;
    double p_won = 0.0;  // all months and later
};

struct Result {
    RunSummary run;
    Horizon horizon;
    Model model;
    std::vector<ProjectForecast> projects;  // in the order of their ids
    NewBusiness new_business;
    std::vector<MonthTotal> months;
    Blend blend;
    std::vector<Judged> judged;  // of the record: forecasts whose months are over
};

// Throws InputError (22023) for an origin or settings out of range; asks for interrupts throughout. Takes about 10
// bytes for a cell, 100 for a landmark row and 230 for an open project beyond the history.
[[nodiscard]] Result run(const History &history, const Origin &origin, const Settings &settings = {},
                         const Record &record = {});

// The rows that are stored, after the blend; month 0 to 11.
[[nodiscard]] Columns project_columns(const Result &result, const ProjectForecast &project, int month, Span span);
[[nodiscard]] Columns new_columns(const Result &result, const NewType &type, int month, Span span);

}  // namespace pipeline_forecast::outlook
