#include "poller/http/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <curl/curl.h>

namespace poller::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr milliseconds kLongest = std::chrono::hours{24};

std::optional<double> number(std::string_view text) {
    double value = 0;
    const char *const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || !(value >= 0)) return std::nullopt;
    return value;
}

milliseconds bounded(double value, double milliseconds_per_unit) {
    const auto longest = static_cast<double>(kLongest.count());
    return milliseconds{static_cast<milliseconds::rep>(std::min(value * milliseconds_per_unit, longest))};
}

std::optional<system_clock::time_point> moment(std::string_view text) {
    const time_t seconds = curl_getdate(std::string{text}.c_str(), nullptr);
    if (seconds == -1) return std::nullopt;
    return system_clock::from_time_t(seconds);
}

}  // namespace

std::optional<milliseconds> retry_after(const Headers &headers, system_clock::time_point now) {
    if (const auto text = find_header(headers, "retry-after-ms")) {
        if (const auto value = number(*text)) return bounded(*value, 1);
    }
    const auto text = find_header(headers, "retry-after");
    if (!text) return std::nullopt;
    if (const auto seconds = number(*text)) return bounded(*seconds, 1000);
    const auto until = moment(*text);
    if (!until) return std::nullopt;
    if (const auto date = find_header(headers, "date")) now = moment(*date).value_or(now);
    const auto wait = std::chrono::duration_cast<milliseconds>(*until - now);
    return std::clamp(wait, milliseconds{0}, kLongest);
}

}  // namespace poller::http
