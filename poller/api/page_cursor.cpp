#include "poller/api/page_cursor.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "poller/api/parameters.hpp"
#include "poller/crypto/encoding.hpp"

namespace poller::api {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostRows = 1'000'000'000'000;

json json_of(const std::optional<std::string> &text) { return text ? json(*text) : json(nullptr); }

std::optional<std::string> text_of(const json &value) {
    return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

// PostgreSQL has no text with a NUL.
bool is_text(const json &value) {
    return value.is_string() && value.get_ref<const std::string &>().find('\0') == std::string::npos;
}

bool is_text_or_null(const json &value) { return value.is_null() || is_text(value); }

bool is_day_text(const json &value) { return value.is_string() && is_day(value.get_ref<const std::string &>()); }

}  // namespace

std::string PageCursor::text() const {
    const json parts = {snapshot_date, json_of(project_id), json_of(stage_bucket),
                        total_rows,    after_month,         after_project};
    return to_base64url(parts.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::optional<PageCursor> PageCursor::parse(std::string_view text) {
    const auto decoded = from_base64url(text);
    if (!decoded) return std::nullopt;
    const json parts = json::parse(*decoded, nullptr, false);
    if (!parts.is_array() || parts.size() != 6 || !is_day_text(parts[0]) || !is_text_or_null(parts[1]) ||
        !is_text_or_null(parts[2]) || !parts[3].is_number_unsigned() || !is_day_text(parts[4]) || !is_text(parts[5])) {
        return std::nullopt;
    }
    const auto total_rows = parts[3].get<std::uint64_t>();
    if (total_rows > kMostRows) return std::nullopt;
    return PageCursor{parts[0], text_of(parts[1]), text_of(parts[2]), static_cast<long long>(total_rows),
                      parts[4], parts[5]};
}

}  // namespace poller::api
