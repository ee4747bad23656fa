// XML piece by piece, with pauses. Names come without their prefix, since every program chooses its own.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct XML_ParserStruct;

namespace poller::imports {

class XmlAttributes {
public:
    explicit XmlAttributes(const char **pairs) noexcept : pairs_(pairs) {}

    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
    [[nodiscard]] std::string text(std::string_view name) const { return std::string(find(name).value_or("")); }
    // A whole number of at most nine digits.
    [[nodiscard]] std::optional<std::uint32_t> number(std::string_view name) const noexcept;
    [[nodiscard]] bool is_true(std::string_view name) const noexcept;

private:
    const char **pairs_;
};

[[nodiscard]] std::optional<std::uint32_t> whole_number(std::string_view text) noexcept;

class XmlHandler {
public:
    virtual ~XmlHandler() = default;
    virtual void begin(std::string_view name, const XmlAttributes &attributes) = 0;
    virtual void text(std::string_view piece) = 0;
    virtual void end(std::string_view name) = 0;

protected:
    XmlHandler() = default;
    XmlHandler(const XmlHandler &) = default;
    XmlHandler &operator=(const XmlHandler &) = default;
};

class XmlReader {
public:
    // Bytes piece by piece; empty at the end.
    using Source = std::function<std::string_view()>;

    // A tag, a comment or an attribute is in memory as a whole.
    static constexpr std::int64_t kLongestToken = 1024 * 1024;
    static constexpr int kDeepest = 100;

    // `what` is the part as errors name it. The handler has to outlive the reader.
    XmlReader(Source source, std::string what, XmlHandler &handler);
    ~XmlReader();
    XmlReader(const XmlReader &) = delete;
    XmlReader &operator=(const XmlReader &) = delete;

    // Reads on to the next pause, true, or to the end. ConfigError where it is not well-formed; what the handler throws
    // comes through.
    [[nodiscard]] bool read();
    // For the handler, at the end of an element: read() returns behind it.
    void pause() noexcept;

private:
    struct Calls;

    void feed();
    [[noreturn]] void refuse(const std::string &why) const;

    Source source_;
    std::string what_;
    XmlHandler &handler_;
    std::unique_ptr<XML_ParserStruct, void (*)(XML_ParserStruct *)> parser_;
    std::exception_ptr failure_;
    std::int64_t fed_ = 0;
    int depth_ = 0;
    bool is_paused_ = false;
    bool at_end_ = false;
};

// All of it.
void read_xml(XmlReader::Source source, std::string what, XmlHandler &handler);

}  // namespace poller::imports
