// Text within HTML.
#pragma once

#include <string>
#include <string_view>

namespace pipeline_forecast {

// Safe as the content of an element and within a quoted attribute.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace pipeline_forecast
