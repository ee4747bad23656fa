#include "core/stage_bucket.hpp"

#include <algorithm>
#include <cstddef>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {

std::optional<Bucket> parse_bucket(std::string_view name) noexcept {
    const auto found = std::ranges::find(kBucketNames, name);
    if (found == kBucketNames.end()) return std::nullopt;
    return static_cast<Bucket>(found - kBucketNames.begin());
}

std::string_view to_string(Bucket bucket) noexcept { return kBucketNames[static_cast<std::size_t>(bucket)]; }

std::string bucket_names() {
    std::string names(kBucketNames.front());
    for (std::size_t i = 1; i < kBucketNames.size(); ++i) {
        names.append(i + 1 < kBucketNames.size() ? ", " : " and ").append(kBucketNames[i]);
    }
    return names;
}

}  // namespace pipeline_forecast
