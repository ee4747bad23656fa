#include "core/outlook/model_fit.hpp"

#include "core/outlook/calendar_fit.hpp"
#include "core/outlook/exposure.hpp"
#include "core/outlook/factors.hpp"
#include "core/outlook/level.hpp"
#include "core/outlook/value_ratio.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {

ModelFit fit_model(const History &history, const Lives &lives, const Landmarks &landmarks, const Settings &settings) {
    ModelFit fit{.model = {.level_fading = settings.level_fading}};
    Model &model = fit.model;
    {
        // The largest of all that a run holds; not needed any longer than here.
        const Cells cells = cells_of(landmarks, lives, settings.half_life);
        fit_factors(model, history, landmarks, cells, settings);
        fit.cells = cells.size();
    }
    model.calendar = fit_calendar(model, landmarks, lives, settings);
    const LevelFit level = fit_level(model, landmarks, lives, settings);
    model.level = level.level;
    fit.shock_prior = level.shock_prior;
    const ValueRatio ratio = fit_value_ratio(history, landmarks, lives, settings);
    model.value_ratio_all = ratio.all;
    model.value_ratio = ratio.by_type;
    model.value_cv2 = ratio.cv2;
    return fit;
}

}  // namespace pipeline_forecast::outlook
