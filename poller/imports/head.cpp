#include "poller/imports/head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "poller/imports/records.hpp"

namespace poller::imports {
namespace {

constexpr std::size_t kLongestIdentifier = 63;  // of PostgreSQL
constexpr std::string_view kByteSigns = "$-+(#'";

[[nodiscard]] bool is_letter(char character) noexcept {
    return std::isalpha(static_cast<unsigned char>(character)) != 0 || static_cast<unsigned char>(character) >= 0x80;
}

// Words, that is; a number, a date, an amount begin with a digit or a sign, and a switch is no name.
[[nodiscard]] bool is_wordy(std::string_view cell) {
    if (std::ranges::none_of(cell, is_letter)) {
        return false;
    }
    const auto first = static_cast<unsigned char>(cell.front());
    if (std::isdigit(first) != 0 || kByteSigns.find(cell.front()) != std::string_view::npos) {
        return false;
    }
    return cell != "true" && cell != "false" && cell != "TRUE" && cell != "FALSE";
}

struct LineLook {
    std::size_t filled = 0;
    std::size_t wordy = 0;

    [[nodiscard]] bool is_words() const noexcept { return filled > 0 && wordy * 4 >= filled * 3; }
};

[[nodiscard]] LineLook look_at(const Cells &cells) {
    LineLook look;
    for (const std::string &cell : cells) {
        const std::string_view text = trimmed_blanks(cell);
        look.filled += text.empty() ? 0 : 1;
        look.wordy += !text.empty() && is_wordy(text) ? 1 : 0;
    }
    return look;
}

// At most so many bytes, and no half of a letter at the end.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return std::string(text);
    }
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) {
        --most;
    }
    return std::string(text.substr(0, most));
}

// The name, or with the lowest number behind it that makes it the only one.
[[nodiscard]] std::string made_unique(const std::string &name, std::size_t most, std::set<std::string> &taken) {
    std::string unique = clipped(name, most);
    for (int number = 2; !taken.insert(unique).second; ++number) {
        const std::string suffix = fmt::format(" ({})", number);
        unique = clipped(name, most - suffix.size()) + suffix;
    }
    return unique;
}

}  // namespace

std::string plain_name(std::string_view name) {
    std::string plain;
    for (const char character : trimmed_blanks(name)) {
        const bool blank = std::isspace(static_cast<unsigned char>(character)) != 0;
        if (!blank) {
            plain += character;
        } else if (!plain.ends_with(' ')) {
            plain += ' ';
        }
    }
    return plain;
}

std::optional<std::size_t> find_head(const std::vector<Cells> &lines, const std::vector<std::string> &wanted) {
    std::optional<std::size_t> best;
    std::size_t most = 0;
    for (std::size_t at = 0; at < lines.size() && !wanted.empty(); ++at) {
        std::set<std::string> names;
        std::ranges::transform(lines[at], std::inserter(names, names.end()), plain_name);
        const auto found = static_cast<std::size_t>(
            std::ranges::count_if(wanted, [&](const std::string &name) { return names.contains(plain_name(name)); }));
        if (found > most) {
            most = found;
            best = at;
        }
    }
    if (best) {
        return best;
    }
    std::vector<LineLook> looks;
    std::ranges::transform(lines, std::back_inserter(looks), look_at);
    for (const LineLook &look : looks) {
        most = std::max(most, look.is_words() ? look.filled : 0);
    }
    for (std::size_t at = 0; at < looks.size() && most > 0; ++at) {
        if (looks[at].is_words() && looks[at].filled * 5 >= most * 4) {
            return at;
        }
    }
    return std::nullopt;
}

std::vector<Column> columns_of(const Cells &head) {
    std::vector<Column> columns;
    std::set<std::string> names;
    std::set<std::string> staged;
    for (const std::string &cell : head) {
        const std::string name = plain_name(cell);
        const std::string shown =
            made_unique(name.empty() ? fmt::format("column {}", columns.size() + 1) : name, std::string::npos, names);
        columns.push_back({shown, made_unique(shown, kLongestIdentifier, staged), !name.empty()});
    }
    return columns;
}

}  // namespace poller::imports
