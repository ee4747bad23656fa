#include "core/outlook/exposure.hpp"

#include "core/interrupts.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {

Cells cells_of(const Landmarks &landmarks, const Lives &lives, double half_life) {
    std::size_t count = 0;
    for (std::size_t row = 0; row < landmarks.rows.size(); ++row) {
        check_interrupts(row);
        const Landmark &landmark = landmarks.rows[row];
        for_each_exposure(landmark.moment, lives.of[landmark.seen.project], lives,
                          [&count](const Exposure &) { ++count; });
    }

    Cells cells;
    cells.rows.reserve(landmarks.rows.size() + 1);
    cells.exposure.reserve(count);
    cells.date_bin.reserve(count);
    for (std::size_t row = 0; row < landmarks.rows.size(); ++row) {
        check_interrupts(row);
        const Landmark &landmark = landmarks.rows[row];
        cells.rows.push_back({.begin = cells.size()});
        for_each_exposure(landmark.moment, lives.of[landmark.seen.project], lives, [&](const Exposure &cell) {
            const double weight = recency(lives.origin - cell.middle, half_life);
            const auto bin = static_cast<std::uint8_t>(cell.bin);
            const auto date = static_cast<std::uint8_t>(date_bin(cell.middle, landmark.seen.stated_date));
            if (cells.size() == cells.rows.back().begin) cells.rows.back().first_bin = bin;
            cells.exposure.push_back(cell.days * weight);
            cells.date_bin.push_back(date);
            if (!cell.event) return;
            cells.events.push_back({static_cast<std::uint32_t>(row), bin, date, *cell.event, weight});
            if (is_fresh(cell.bin, landmarks.step)) ++cells.fresh_events;
        });
    }
    cells.rows.push_back({.begin = cells.size()});
    return cells;
}

}  // namespace pipeline_forecast::outlook
