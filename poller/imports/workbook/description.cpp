#include "poller/imports/workbook/description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "poller/errors.hpp"

namespace poller::imports {
namespace {

constexpr std::size_t kMostEntries = 65'536;

// Keeps what is listed within what a workbook may list.
void require_room(std::size_t entries, const char *of_what) {
    if (entries >= kMostEntries) {
        throw ConfigError(fmt::format("the workbook lists more than {} {}", kMostEntries, of_what));
    }
}

// Without "." and "..".
[[nodiscard]] std::string resolved(std::string_view folder, std::string target) {
    std::ranges::replace(target, '\\', '/');
    std::string path = target.starts_with('/') || folder.empty() ? target : std::string(folder) + "/" + target;
    std::vector<std::string_view> steps;
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view step = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (step == ".." && !steps.empty()) {
            steps.pop_back();
        } else if (!step.empty() && step != "." && step != "..") {
            steps.push_back(step);
        }
    }
    return fmt::format("{}", fmt::join(steps, "/"));
}

class Relations : public XmlHandler {
public:
    explicit Relations(std::string_view folder) : folder_(folder) {}

    void begin(std::string_view name, const XmlAttributes &attributes) override {
        if (name != "Relationship" || attributes.find("TargetMode") == "External") {
            return;
        }
        require_room(found.size(), "relations");
        const std::string type = attributes.text("Type");
        found.push_back(
            {attributes.text("Id"), type.substr(type.rfind('/') + 1), resolved(folder_, attributes.text("Target"))});
    }
    void text(std::string_view) override {}
    void end(std::string_view) override {}

    std::vector<Relation> found;

private:
    std::string_view folder_;
};

class Entries : public XmlHandler {
public:
    void begin(std::string_view name, const XmlAttributes &attributes) override {
        if (name == "workbookPr" && attributes.is_true("date1904")) {
            found.count = DayCount::k1904;
        } else if (name == "sheet") {
            require_room(found.sheets.size(), "sheets");
            const auto state = attributes.find("state");
            found.sheets.push_back({attributes.text("name"), attributes.text("id"), state && state != "visible"});
        }
    }
    void text(std::string_view) override {}
    void end(std::string_view) override {}

    WorkbookEntries found;
};

class Formats : public XmlHandler {
public:
    void begin(std::string_view name, const XmlAttributes &attributes) override {
        if (name == "cellXfs") {
            is_within_ = true;
        } else if (name == "numFmt") {
            require_room(own_.size(), "number formats");
            if (const auto id = attributes.number("numFmtId")) {
                own_.insert_or_assign(*id, parse_number_format(attributes.find("formatCode").value_or("")));
            }
        } else if (name == "xf" && is_within_) {
            require_room(found.size(), "styles");
            const std::uint32_t id = attributes.number("numFmtId").value_or(0);
            const auto own = own_.find(id);
            found.push_back(own == own_.end() ? built_in_format(id) : own->second);
        }
    }
    void text(std::string_view) override {}
    void end(std::string_view name) override { is_within_ = is_within_ && name != "cellXfs"; }

    std::vector<NumberFormat> found;

private:
    std::map<std::uint32_t, NumberFormat> own_;
    bool is_within_ = false;
};

// The pieces of a text in several fonts are one; how it is pronounced is not shown.
class Texts : public XmlHandler {
public:
    void begin(std::string_view name, const XmlAttributes &) override {
        if (name == "si") {
            text_.clear();
        } else if (name == "rPh") {
            is_pronunciation_ = true;
        } else if (name == "t") {
            is_text_ = !is_pronunciation_;
        }
    }
    void text(std::string_view piece) override {
        if (is_text_) {
            text_ += piece;
            if (text_.size() > SharedTexts::kMostBytes) {
                found.add(text_);
            }
        }
    }
    void end(std::string_view name) override {
        if (name == "si") {
            found.add(unescaped(text_));
        } else if (name == "rPh") {
            is_pronunciation_ = false;
        } else if (name == "t") {
            is_text_ = false;
        }
    }

    SharedTexts found;

private:
    std::string text_;
    bool is_text_ = false;
    bool is_pronunciation_ = false;
};

// As UTF-8; empty for what is no character of a text.
[[nodiscard]] std::string character(std::uint32_t code) {
    std::string utf8;
    if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) {
        return utf8;
    }
    if (code < 0x80) {
        utf8 += static_cast<char>(code);
    } else if (code < 0x800) {
        utf8 += static_cast<char>(0xC0 | (code >> 6));
        utf8 += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        utf8 += static_cast<char>(0xE0 | (code >> 12));
        utf8 += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        utf8 += static_cast<char>(0x80 | (code & 0x3F));
    }
    return utf8;
}

}  // namespace

std::vector<Relation> read_relations(XmlReader::Source source, std::string what, std::string_view folder) {
    Relations relations(folder);
    read_xml(std::move(source), std::move(what), relations);
    return std::move(relations.found);
}

WorkbookEntries read_workbook(XmlReader::Source source, std::string what) {
    Entries entries;
    read_xml(std::move(source), std::move(what), entries);
    return std::move(entries.found);
}

std::vector<NumberFormat> read_formats(XmlReader::Source source, std::string what) {
    Formats formats;
    read_xml(std::move(source), std::move(what), formats);
    return std::move(formats.found);
}

SharedTexts read_shared_texts(XmlReader::Source source, std::string what) {
    Texts texts;
    read_xml(std::move(source), std::move(what), texts);
    return std::move(texts.found);
}

void SharedTexts::add(std::string_view text) {
    if (texts_.size() + text.size() > kMostBytes || ends_.size() == kMost) {
        throw ConfigError(
            fmt::format("the workbook holds more text than is read of one: {} texts, {} MB", kMost,
                        kMostBytes / 1024 / 1024),
            {"", "", "Save the sheet as \"CSV UTF-8\", of which there is no limit, and import that file."});
    }
    texts_ += text;
    ends_.push_back(static_cast<std::uint32_t>(texts_.size()));
}

std::string_view SharedTexts::at(std::size_t number) const noexcept {
    const std::size_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(texts_).substr(begin, ends_[number] - begin);
}

std::string unescaped(std::string_view text) {
    constexpr std::size_t kEscape = 7;  // _x000D_
    std::string plain;
    while (!text.empty()) {
        const std::size_t mark = std::min(text.find("_x"), text.size());
        plain += text.substr(0, mark);
        text.remove_prefix(mark);
        std::uint32_t code = 0;
        const bool is_whole = text.size() >= kEscape && text[kEscape - 1] == '_';
        if (is_whole &&
            std::from_chars(text.data() + 2, text.data() + kEscape - 1, code, 16).ptr == text.data() + kEscape - 1) {
            plain += character(code);
            text.remove_prefix(kEscape);
        } else if (!text.empty()) {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

}  // namespace poller::imports
