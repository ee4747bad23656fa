// The parts of a workbook's file, which is a ZIP archive: their names, and the bytes of one, piece by piece.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

struct archive;

namespace poller::imports {

// The largest sheet that the formats allow is smaller when it is written; a small file can claim any size.
inline constexpr std::uint64_t kLargestPart = 4ULL * 1024 * 1024 * 1024;
// Of what describes a workbook: the names of its sheets, its number formats.
inline constexpr std::uint64_t kLargestDescription = 32ULL * 1024 * 1024;
inline constexpr std::size_t kMostParts = 10'000;

// One part, from its beginning. All of it is checked while it is read, by size and checksum.
class ArchivePart {
public:
    // ConfigError if the archive cannot be read or has no such part.
    ArchivePart(const std::string &path, const std::string &name, std::uint64_t largest);

    // Valid until the next call; empty at the end. ConfigError where the bytes are damaged, or more than they may be.
    [[nodiscard]] std::string_view next();
    // Bytes that were given so far.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

private:
    std::string path_;
    std::string name_;
    std::uint64_t largest_;
    std::uint64_t position_ = 0;
    std::unique_ptr<archive, std::function<void(archive *)>> archive_;
    std::string block_;
};

// Names as they are looked for: with slashes. ConfigError if the file is no archive, or a damaged one.
[[nodiscard]] std::set<std::string> part_names(const std::string &path);

}  // namespace poller::imports
