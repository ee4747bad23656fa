#include "poller/imports/workbook/xml.hpp"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "poller/errors.hpp"

namespace poller::imports {
namespace {

constexpr char kBehindNamespace = '|';

[[nodiscard]] std::string_view local_name(const char *name) noexcept {
    const std::string_view whole(name);
    const std::size_t mark = whole.rfind(kBehindNamespace);
    return mark == std::string_view::npos ? whole : whole.substr(mark + 1);
}

}  // namespace

std::optional<std::uint32_t> whole_number(std::string_view text) noexcept {
    constexpr std::size_t kMostDigits = 9;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc() && end == text.data() + text.size() && text.size() <= kMostDigits;
    return is_whole ? std::optional(number) : std::nullopt;
}

std::optional<std::string_view> XmlAttributes::find(std::string_view name) const noexcept {
    for (const char **pair = pairs_; *pair != nullptr; pair += 2) {
        if (local_name(pair[0]) == name) {
            return std::string_view(pair[1]);
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> XmlAttributes::number(std::string_view name) const noexcept {
    const auto text = find(name);
    return text ? whole_number(*text) : std::nullopt;
}

bool XmlAttributes::is_true(std::string_view name) const noexcept {
    const auto text = find(name);
    return text == "1" || text == "true";
}

// What the parser, which is C, calls. No exception may pass through it.
struct XmlReader::Calls {
    template <typename Call>
    static void guard(void *reader, Call call) {
        auto &self = *static_cast<XmlReader *>(reader);
        if (self.failure_) {
            return;
        }
        try {
            call(self);
        } catch (...) {
            self.failure_ = std::current_exception();
            XML_StopParser(self.parser_.get(), XML_FALSE);
        }
    }

    static void XMLCALL begin(void *reader, const char *name, const char **attributes) {
        guard(reader, [&](XmlReader &self) {
            if (++self.depth_ > kDeepest) {
                self.refuse("its elements are nested too deeply");
            }
            self.handler_.begin(local_name(name), XmlAttributes(attributes));
        });
    }
    static void XMLCALL end(void *reader, const char *name) {
        guard(reader, [&](XmlReader &self) {
            --self.depth_;
            self.handler_.end(local_name(name));
        });
    }
    static void XMLCALL text(void *reader, const char *text, int size) {
        guard(reader,
              [&](XmlReader &self) { self.handler_.text(std::string_view(text, static_cast<std::size_t>(size))); });
    }
    // Which no workbook has, and which is how a few bytes become gigabytes.
    static void XMLCALL doctype(void *reader, const char *, const char *, const char *, int) {
        guard(reader, [](XmlReader &self) { self.refuse("it declares a document type"); });
    }
};

XmlReader::XmlReader(Source source, std::string what, XmlHandler &handler)
    : source_(std::move(source)),
      what_(std::move(what)),
      handler_(handler),
      parser_(XML_ParserCreateNS(nullptr, kBehindNamespace), XML_ParserFree) {
    if (!parser_) {
        throw std::bad_alloc();
    }
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), Calls::begin, Calls::end);
    XML_SetCharacterDataHandler(parser_.get(), Calls::text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), Calls::doctype);
}

XmlReader::~XmlReader() = default;

void XmlReader::refuse(const std::string &why) const {
    throw ConfigError(fmt::format("{} is damaged: {}, near line {}, byte {}", what_, why,
                                  XML_GetCurrentLineNumber(parser_.get()), XML_GetCurrentByteIndex(parser_.get())),
                      {"", "", "Fetch the file again, or open it in a spreadsheet program and save it anew."});
}

void XmlReader::feed() {
    const std::string_view piece = source_();
    if (piece.empty()) {
        at_end_ = true;
    }
    void *buffer = XML_GetBuffer(parser_.get(), static_cast<int>(std::max<std::size_t>(piece.size(), 1)));
    if (buffer == nullptr) {
        throw std::bad_alloc();
    }
    std::copy(piece.begin(), piece.end(), static_cast<char *>(buffer));
    fed_ += static_cast<std::int64_t>(piece.size());
}

bool XmlReader::read() {
    while (true) {
        XML_Status status = XML_STATUS_OK;
        if (std::exchange(is_paused_, false)) {
            status = XML_ResumeParser(parser_.get());
        } else if (at_end_) {
            return false;
        } else {
            const std::int64_t before = fed_;
            feed();
            status = XML_ParseBuffer(parser_.get(), static_cast<int>(fed_ - before), at_end_ ? XML_TRUE : XML_FALSE);
        }
        if (failure_) {
            std::rethrow_exception(std::exchange(failure_, nullptr));
        }
        if (status == XML_STATUS_SUSPENDED) {
            return is_paused_ = true;
        }
        if (status != XML_STATUS_OK) {
            refuse(XML_ErrorString(XML_GetErrorCode(parser_.get())));
        }
        if (fed_ - XML_GetCurrentByteIndex(parser_.get()) > kLongestToken) {
            refuse("it holds a single tag of more than a megabyte");
        }
    }
}

void XmlReader::pause() noexcept { XML_StopParser(parser_.get(), XML_TRUE); }

void read_xml(XmlReader::Source source, std::string what, XmlHandler &handler) {
    XmlReader reader(std::move(source), std::move(what), handler);
    while (reader.read()) {
    }
}

}  // namespace poller::imports
