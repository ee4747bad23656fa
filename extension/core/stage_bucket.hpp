// The three buckets that the stages of a pipeline fall into. Which stage is in which is data (pipeline_stage); the
// buckets and their names are not.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace pipeline_forecast {

enum class Bucket { kCommitted, kOpen, kLost };

// By Bucket.
inline constexpr std::array<std::string_view, 3> kBucketNames{"Committed", "Open", "Lost"};

[[nodiscard]] std::optional<Bucket> parse_bucket(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(Bucket bucket) noexcept;

// "Committed, Open and Lost", for a message.
[[nodiscard]] std::string bucket_names();

}  // namespace pipeline_forecast
