// Where a page of a snapshot ended, as the text that a client brings back for the next one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace poller::api {

struct PageCursor {
    std::string snapshot_date;
    std::optional<std::string> project_id;    // what was asked for
    std::optional<std::string> stage_bucket;  // likewise
    long long total_rows = 0;
    std::string after_month;
    std::string after_project;

    [[nodiscard]] std::string text() const;
    // Nothing for a text that is no cursor.
    [[nodiscard]] static std::optional<PageCursor> parse(std::string_view text);

    bool operator==(const PageCursor &) const = default;
};

}  // namespace poller::api
