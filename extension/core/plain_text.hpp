// Text of strangers made harmless for prompts, comments and records: one line, only characters that can be seen,
// bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pipeline_forecast {

// `text` (UTF-8) without control, zero-width, bidirectional and tag characters, each run of white space one blank,
// trimmed, at most max_characters code points; a text that was cut ends in an ellipsis. Bytes that are not UTF-8 are
// dropped. Deterministic and idempotent.
[[nodiscard]] std::string plain_text(std::string_view text, std::size_t max_characters);

// The number of code points of a valid UTF-8 text.
[[nodiscard]] std::size_t character_count(std::string_view text) noexcept;

}  // namespace pipeline_forecast
