// The parameters of a REST request: each one is known, stands once and has a value of its kind; else http::HttpError
// 422 names it and says what is allowed.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "poller/http/query_string.hpp"

namespace poller::api {

class Parameters {
public:
    Parameters(std::string_view target, std::initializer_list<std::string_view> known);

    // A blank value counts as none.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::optional<long long> whole_number(std::string_view name, long long least,
                                                        long long greatest) const;
    // A day that exists, as YYYY-MM-DD.
    [[nodiscard]] std::optional<std::string> day(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;  // true, false, 1, 0; false where it is not given

private:
    http::QueryString query_;
};

[[nodiscard]] bool is_day(std::string_view text);

// Of ASCII letters; others stay.
[[nodiscard]] std::string in_lower_case(std::string_view text);

// Error 422 for a parameter; allowed completes "NAME must be ...".
[[noreturn]] void refuse_parameter(std::string_view name, std::string_view allowed, std::string_view given);

}  // namespace poller::api
