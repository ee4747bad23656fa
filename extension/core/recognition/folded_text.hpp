// Titles and labels as they are compared: whatever case, accents and punctuation people write them with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pipeline_forecast {

// The words of a text in folded form: Unicode case folding, without accents, apostrophes and vowel points; whatever
// else is no letter and no digit parts words. "Date de clôture (prévue)" -> date, de, cloture, prevue. Of a very long
// text only the beginning is looked at.
[[nodiscard]] std::vector<std::string> folded_words(std::string_view text);

// All words without anything between them: "Close Date", "close_date" and "CloseDate" are the same title.
[[nodiscard]] std::string joined(const std::vector<std::string> &words);

}  // namespace pipeline_forecast
