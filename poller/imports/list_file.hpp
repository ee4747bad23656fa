// A file with a list: what it is, and its rows from the beginning, as often as somebody asks for them.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "poller/imports/encoding.hpp"
#include "poller/imports/records.hpp"
#include "poller/imports/sniff.hpp"

namespace poller::imports {

class ListFile {
public:
    // Reads all of it once, which is how the encoding of a file without a mark is known. ConfigError if it cannot be
    // read, is empty or is no text at all.
    ListFile(std::string path, std::optional<Encoding> said);

    [[nodiscard]] const std::string &path() const noexcept { return path_; }
    [[nodiscard]] std::string name() const;
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] Encoding encoding() const noexcept { return encoding_; }
    [[nodiscard]] bool is_encoding_marked() const noexcept { return marked_; }

    // ConfigError if no line names columns, or the line that was said is not there.
    [[nodiscard]] Layout layout(const SaidLayout &said) const;

private:
    std::string path_;
    std::uint64_t size_ = 0;
    Encoding encoding_ = Encoding::kUtf8;
    bool marked_ = false;
    std::string beginning_;  // as UTF-8
};

// Its text, piece by piece.
class ListText {
public:
    explicit ListText(const ListFile &file);

    // UTF-8; empty at the end. PermanentError where the file cannot be read further. Valid until the next call.
    [[nodiscard]] std::string_view next();
    // Bytes of the file that were read.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

private:
    std::string path_;
    std::ifstream file_;
    TextDecoder decoder_;
    std::string block_;
    std::uint64_t position_ = 0;
};

}  // namespace poller::imports
