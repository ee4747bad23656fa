#include "poller/llm/answer_text.hpp"

#include <nlohmann/json.hpp>

#include "poller/storable_json.hpp"

namespace poller::llm {
namespace {

// Of braces that may begin the answer; prose has few.
constexpr int kMostBeginnings = 64;
constexpr std::string_view kEndOfThinking = "</think>";

[[nodiscard]] std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Whatever stands before the last end of thinking; some servers leave out its beginning. What was never ended is no
// answer.
[[nodiscard]] std::string_view without_thinking(std::string_view text) {
    constexpr std::string_view begin = "<think>";
    if (const std::size_t last = text.rfind(kEndOfThinking); last != std::string_view::npos) {
        return trimmed(text.substr(last + kEndOfThinking.size()));
    }
    return text.starts_with(begin) ? std::string_view{} : text;
}

// From an opening brace to the one that closes it; empty if none does.
[[nodiscard]] std::string_view balanced(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char character = text[at];
        if (quoted) {
            if (character == '\\') ++at;
            if (character == '"') quoted = false;
            continue;
        }
        if (character == '"') quoted = true;
        if (character == '{') ++depth;
        if (character == '}' && --depth == 0) return text.substr(0, at + 1);
    }
    return {};
}

[[nodiscard]] bool begins_with_key(std::string_view text) { return trimmed(text.substr(1)).starts_with('"'); }

// The longest object that stands in the text. None where the first one was cut: what stands inside is no answer.
[[nodiscard]] std::string_view object_in(std::string_view text) {
    std::string_view longest;
    std::size_t at = text.find('{');
    for (int tries = 0; at != std::string_view::npos && tries < kMostBeginnings; ++tries) {
        const std::string_view object = balanced(text.substr(at));
        if (object.empty() && longest.empty() && begins_with_key(text.substr(at))) return {};
        const bool is_json = nlohmann::json::accept(object);
        if (is_json && object.size() > longest.size()) longest = object;
        at = text.find('{', at + (is_json ? object.size() : 1));
    }
    return longest;
}

[[nodiscard]] bool is_object(std::string_view text) { return text.starts_with('{') && nlohmann::json::accept(text); }

}  // namespace

std::string answer_in(std::string_view text) {
    const std::string readable = storable_json(std::string(text));
    const std::string_view whole = trimmed(readable);
    if (is_object(whole)) return std::string(whole);
    // What ends thinking may also stand in a text of the answer.
    if (const std::string_view object = object_in(whole); object.find(kEndOfThinking) != std::string_view::npos) {
        return std::string(object);
    }
    const std::string_view answer = without_thinking(whole);
    const std::string_view object = object_in(answer);
    return std::string(object.empty() ? answer : object);
}

}  // namespace poller::llm
