#include "poller/imports/copy_text.hpp"

#include "poller/imports/records.hpp"

namespace poller::imports {
namespace {

// The letter behind the backslash; 0 for what stands for itself.
[[nodiscard]] constexpr char escape_of(char character) noexcept {
    switch (character) {
        case '\\': return '\\';
        case '\t': return 't';
        case '\n': return 'n';
        case '\r': return 'r';
        default: return 0;
    }
}

}  // namespace

void append_copy_value(std::string &rows, std::string_view value) {
    value = trimmed_blanks(value);
    if (value.empty()) {
        rows += "\\N\t";
        return;
    }
    std::size_t copied = 0;
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (const char letter = escape_of(value[at]); letter != 0) {
            rows.append(value, copied, at - copied);
            rows += {'\\', letter};
            copied = at + 1;
        }
    }
    rows.append(value, copied);
    rows += '\t';
}

void end_copy_row(std::string &rows) { rows.back() = '\n'; }

}  // namespace poller::imports
