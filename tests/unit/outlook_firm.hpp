// The simulated firm of the golden data as a history; its day 0 is 2019-01-01.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/calendar.hpp"
#include "core/outlook/history.hpp"
#include "core/outlook/outlook.hpp"
#include "golden_files.hpp"

namespace pipeline_forecast::outlook::firm {

inline constexpr double kDayZero = static_cast<double>(Day{std::chrono::year{2019} / 1 / 1}.time_since_epoch().count());
inline constexpr double kOrigin = kDayZero + 1826.0;

// The golden data takes outcomes for known from the first day on.
inline Origin origin() { return {.moment = kOrigin, .known_from = kDayZero}; }

inline std::filesystem::path folder() { return golden::folder("golden_outlook") / "firm"; }

inline double number(const golden::Row &row, const std::string &column) {
    return golden::parse<double>(row.at(column));
}

// Ids with leading zeros, so that their order as texts is that of their numbers.
inline std::string id_of(const std::string &project) { return std::string(6 - project.size(), '0') + project; }

inline History history() {
    std::map<std::string, golden::Row> projects;
    for (const golden::Row &row : golden::read_csv(folder() / "projects.csv")) projects[row.at("project")] = row;
    History history;
    for (const golden::Row &row : golden::read_csv(folder() / "versions.csv")) {
        const golden::Row &project = projects.at(row.at("project"));
        const std::string id = id_of(row.at("project"));
        const auto shifted = [](std::optional<double> day) { return day ? std::optional(*day + kDayZero) : day; };
        Version version{.project = id,
                        .valid_from = number(row, "valid_from") + kDayZero,
                        .state = State::kOpen,
                        .stage = row.at("stage"),
                        .type = row.at("type"),
                        .owner = row.at("owner"),
                        .value = number(row, "value"),
                        .created = number(project, "created") + kDayZero,
                        .stated_date = shifted(golden::parse_optional<double>(row.at("stated_date"))),
                        .stated_percent = golden::parse_optional<double>(row.at("stated_percent"))};
        history.add(version);
        const bool last = row.at("valid_to") == project.at("ended") && !project.at("ended").empty();
        if (!last) continue;
        version.valid_from = number(project, "ended") + kDayZero;
        version.state = project.at("outcome") == "won" ? State::kWon : State::kLost;
        version.value = number(project, "won_value");
        history.add(version);
    }
    history.seal();
    return history;
}

}  // namespace pipeline_forecast::outlook::firm
