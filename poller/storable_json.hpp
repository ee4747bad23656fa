// JSON that can be read and stored: whatever people typed into a board or a model wrote arrives, and one odd character
// must not cost a whole page.
#pragma once

#include <string>

namespace poller {

// Within a JSON document: escaped NUL characters and halves of surrogate pairs, which jsonb refuses, and bytes that are
// no UTF-8 become the replacement character U+FFFD. Everything else stays as it is.
[[nodiscard]] std::string storable_json(std::string document);

}  // namespace poller
