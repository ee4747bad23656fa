// Texts of a staging table as the values of one field: what a kind of field takes, and in which format.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/import/day_reader.hpp"
#include "core/import/number_reader.hpp"
#include "core/import_field.hpp"

namespace pipeline_forecast {

class FieldReader {
public:
    // Of a day, `format` is that of the days, ISO where it is empty. Of a number it is a JSON object with any of
    // "decimal_mark", "thousands_mark", "percent_scale", "currency" and "rates", or empty. Throws InputError (22023).
    [[nodiscard]] static FieldReader parse(FieldKind kind, std::string_view format);

    // The value as text that PostgreSQL reads back exactly, within the range that the tables accept.
    [[nodiscard]] Decoded<std::string> read(std::string_view text) const;

private:
    FieldReader(FieldKind kind, DayReader days, NumberReader numbers)
        : kind_(kind), days_(std::move(days)), numbers_(std::move(numbers)) {}

    FieldKind kind_;
    DayReader days_;
    NumberReader numbers_;
};

// Throws InputError (22023) for a format of numbers that makes no sense.
[[nodiscard]] NumberFormat parse_number_format(std::string_view format);

}  // namespace pipeline_forecast
