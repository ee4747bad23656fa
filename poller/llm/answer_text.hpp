// The document within what a model wrote.
#pragma once

#include <string>
#include <string_view>

namespace poller::llm {

// Models think aloud before the answer, fence it like code, or say something around it, whatever they were told.
// Returns the JSON object of the answer; where none can be made out, all that was written after the thinking, for the
// record.
[[nodiscard]] std::string answer_in(std::string_view text);

}  // namespace poller::llm
