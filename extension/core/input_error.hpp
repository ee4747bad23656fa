// The one exception of the core that a user meets: what is wrong, under which SQLSTATE, and what to do about it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pipeline_forecast {

class InputError : public std::runtime_error {
public:
    // sqlstate has five characters; message follows PostgreSQL's style (lower case, no final period),
    // hint is a full sentence.
    InputError(std::string_view sqlstate, const std::string &message, std::string_view hint)
        : std::runtime_error(message), sqlstate_(sqlstate), hint_(hint) {}

    [[nodiscard]] const std::string &sqlstate() const noexcept { return sqlstate_; }
    [[nodiscard]] const std::string &hint() const noexcept { return hint_; }

private:
    std::string sqlstate_;
    std::string hint_;
};

inline constexpr std::string_view kInvalidParameter = "22023";

}  // namespace pipeline_forecast
