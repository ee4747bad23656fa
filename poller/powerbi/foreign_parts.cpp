#include "poller/powerbi/foreign_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <vector>

#include "poller/errors.hpp"

namespace poller::powerbi {
namespace {

constexpr std::string_view kTag = "lineageTag: ";
constexpr std::size_t kTagLength = 36;
// What people may add, by the word that it begins with.
constexpr std::array<std::string_view, 6> kAddable = {"measure ",      "column ",     "hierarchy ",
                                                      "relationship ", "expression ", "ref "};

// An object of a file, with the descriptions above it and all that is indented below it.
struct Part {
    std::string_view name;  // "measure 'Won by me'"
    std::string_view text;
    bool computed = false;  // has an expression behind its name
    std::string_view tag;   // empty if it has none
};

[[nodiscard]] std::size_t depth_of(std::string_view line) {
    return std::min(line.find_first_not_of('\t'), line.size());
}

[[nodiscard]] bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

[[nodiscard]] std::string_view without_end(std::string_view line) {
    return line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
}

// By the tags that this program makes its parts are known; Power BI gives others their own.
[[nodiscard]] bool is_ours(std::string_view tag) {
    return tag.size() == kTagLength && tag[14] == '5' && tag[19] == '8';
}

// The equals sign behind a name that may stand in quotes.
[[nodiscard]] std::size_t end_of_name(std::string_view line) {
    bool quoted = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '\'') quoted = !quoted;
        if (!quoted && line.substr(at).starts_with(" =")) return at;
    }
    return line.size();
}

[[nodiscard]] bool is_addable(std::string_view line) {
    return std::any_of(kAddable.begin(), kAddable.end(), [&](std::string_view word) { return line.starts_with(word); });
}

[[nodiscard]] Part part_of(std::string_view head, std::string_view text) {
    const std::size_t end = end_of_name(head);
    Part part{head.substr(0, end), text, end < head.size(), {}};
    if (part.name.starts_with("relationship ")) {
        part.tag = part.name.substr(part.name.find(' ') + 1);
    } else if (const std::size_t tag = text.find(kTag); tag != std::string_view::npos) {
        part.tag = text.substr(tag + kTag.size()).substr(0, kTagLength);
    }
    return part;
}

// The objects at the outermost level, and those of a table, whose level is one deeper.
[[nodiscard]] std::vector<Part> parts_of(std::string_view text) {
    std::vector<Part> parts;
    std::size_t begin = std::string_view::npos;  // of the descriptions above the object that comes next
    std::size_t start = std::string_view::npos;  // of the object whose end is not there yet
    std::size_t depth = 0;
    std::string_view head;
    const auto end_at = [&](std::size_t at) {
        if (start != std::string_view::npos) parts.push_back(part_of(head, text.substr(start, at - start)));
        start = std::string_view::npos;
    };
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        const std::string_view line = text.substr(at, end - at);
        const std::size_t level = depth_of(line);
        if (!is_blank(line) && (start == std::string_view::npos || level <= depth)) {
            const std::string_view content = without_end(line.substr(level));
            if (begin == std::string_view::npos) end_at(at);
            if (content.starts_with("///")) {
                begin = begin == std::string_view::npos ? at : begin;
            } else {
                if (level <= 1 && is_addable(content)) {
                    start = begin == std::string_view::npos ? at : begin;
                    depth = level;
                    head = content;
                }
                begin = std::string_view::npos;
            }
        }
        at = end;
    }
    end_at(text.size());
    return parts;
}

[[nodiscard]] const Part *named(const std::vector<Part> &parts, std::string_view name) {
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part &part) { return part.name == name; });
    return found == parts.end() ? nullptr : &*found;
}

[[nodiscard]] ConfigError refused(const Part &part, std::string_view why, std::string_view hint) {
    return ConfigError(fmt::format("{} of the model in this folder {}", part.name, why), {"", "", std::string(hint)});
}

}  // namespace

std::string with_foreign_parts(const std::string &fresh, std::string_view present) {
    const std::vector<Part> ours = parts_of(fresh);
    std::string result = fresh;
    for (const Part &part : parts_of(present)) {
        const bool is_reference = part.name.starts_with("ref ");
        if (named(ours, part.name) != nullptr) {
            if (!is_reference && !is_ours(part.tag)) {
                throw refused(part, "was made by somebody else, and the new model has one of this name",
                              "Give yours another name, or name an empty folder.");
            }
            continue;
        }
        if (is_ours(part.tag)) {
            const bool is_renamed =
                std::any_of(ours.begin(), ours.end(), [&](const Part &each) { return each.tag == part.tag; });
            if (!is_renamed) continue;  // of an earlier version
            throw refused(part, "has another name in the model that this command writes",
                          "Give it its former name, or name an empty folder.");
        }
        // A column of a view that is no longer there is no addition.
        if (part.name.starts_with("column ") && !part.computed) continue;
        if (!result.ends_with("\n\n") && !is_reference) result += '\n';
        std::copy_if(part.text.begin(), part.text.end(), std::back_inserter(result), [](char c) { return c != '\r'; });
        if (!result.ends_with('\n')) result += '\n';
    }
    return result;
}

}  // namespace poller::powerbi
