// The parameters of a request target (RFC 3986 query, form encoding: + is a space).
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poller::http {

// The target cannot be read; the text says why, and may be shown to whoever sent it.
class QueryError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class QueryString {
public:
    static constexpr std::size_t kLongestTarget = 8192;
    static constexpr std::size_t kMostParameters = 64;

    // Of a whole target (/path?a=1&b=2#fragment); no question mark, no parameters. Error QueryError for a target or a
    // list beyond the limits, a broken percent sign, a NUL, and bytes that are not UTF-8.
    [[nodiscard]] static QueryString parse(std::string_view target);

    // Nothing where the parameter is absent; error QueryError where it stands more than once.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;

    // In the order in which they came, repetitions included.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>> &parameters() const { return parameters_; }

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace poller::http
