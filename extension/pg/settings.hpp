// The settings of the extension: pipeline_forecast.* in postgresql.conf, ALTER DATABASE and ALTER ROLE.
#pragma once

namespace pipeline_forecast::pg {

void define_settings();

}  // namespace pipeline_forecast::pg
