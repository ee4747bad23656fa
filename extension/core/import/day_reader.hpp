// Days of one column: in the order that a mapping states or that was found in all its values.
#pragma once

#include <string>
#include <string_view>

#include "core/decode.hpp"
#include "core/import/written_day.hpp"

namespace pipeline_forecast {

// As a mapping writes it: "YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "YYYYMMDD", "excel", "unix", "unix_ms".
[[nodiscard]] std::string_view to_string(DayOrder order) noexcept;

class DayReader {
public:
    explicit DayReader(DayOrder order) : order_(order), name_(to_string(order)) {}

    // Also YY, M, D, MON and MONTH, with any separators: they state the order of the parts. A format whose parts touch
    // each other (DDMMYYYY) is taken to the letter. Throws InputError (22023) for anything else.
    [[nodiscard]] static DayReader parse(std::string_view format);

    [[nodiscard]] Decoded<Day> read(std::string_view text) const;
    [[nodiscard]] const std::string &name() const noexcept { return name_; }

private:
    DayOrder order_;
    std::string name_;
    bool is_literal_ = false;
};

}  // namespace pipeline_forecast
