// Values of settings from text. What cannot be read throws InvalidValue, whose text says what is allowed.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace poller {

class InvalidValue : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

[[nodiscard]] std::string_view trim(std::string_view text);

[[nodiscard]] int parse_whole_number(std::string_view text, int least, int greatest);

// 1, true, yes, on; 0, false, no, off; in any case.
[[nodiscard]] bool parse_switch(std::string_view text);

// http:// or https:// with a host, without user, password or fragment.
[[nodiscard]] std::string parse_http_url(std::string_view text);

// A version as monday.com names it: 2026-10.
[[nodiscard]] std::string parse_year_month(std::string_view text);

// Separated by commas or blanks; at least one, each of at least so many bytes.
[[nodiscard]] std::vector<std::string> parse_secrets(std::string_view text, std::size_t shortest);

// name=number, separated by commas.
[[nodiscard]] std::map<std::string, int> parse_counts(std::string_view text, int least, int greatest);

// Of web pages, https://host or http://host:port, separated by commas.
[[nodiscard]] std::vector<std::string> parse_origins(std::string_view text);

// Separated by commas.
[[nodiscard]] std::vector<std::string> parse_names(std::string_view text);

}  // namespace poller
