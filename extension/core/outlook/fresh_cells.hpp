// Fresh cells with the rates that the factors give them: every day of a project at most once, unweighted. They show
// what the factors leave over: the calendar and the recent level.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/interrupts.hpp"
#include "core/outlook/exposure.hpp"
#include "core/outlook/factors.hpp"
#include "core/outlook/landmarks.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/model.hpp"

namespace pipeline_forecast::outlook {

// visit(exposure, expected events of both causes), in the order of the rows.
template <typename Visit>
void for_each_fresh(const Model &model, const Landmarks &landmarks, const Lives &lives, Visit &&visit) {
    const Factor &by_band = model.factor(FactorKind::kStageBand);
    const Factor &by_date = model.factor(FactorKind::kStatedDate);
    for (std::size_t row = 0; row < landmarks.rows.size(); ++row) {
        check_interrupts(row);
        const double moment = landmarks.rows[row].moment;
        const OpenProject &seen = landmarks.rows[row].seen;
        const ByCause<double> fixed = fixed_product(model, seen);
        for_each_exposure(moment, lives.of[seen.project], lives, [&](const Exposure &cell) {
            if (!is_fresh(cell.bin, landmarks.step)) return;
            const std::size_t band = band_of(kFineEdges[cell.bin]);
            const std::size_t date = date_bin(cell.middle, seen.stated_date);
            const std::size_t stage_band = stage_band_group(seen.code(Segment::kStage), band);
            ByCause<double> expected;
            for (const Cause cause : kCauses) {
                expected[cause] = cell.days * model.base[band][cause] * fixed[cause] * by_band.of(stage_band, cause) *
                                  by_date.of(date, cause);
            }
            visit(cell, expected);
        });
    }
}

}  // namespace pipeline_forecast::outlook
