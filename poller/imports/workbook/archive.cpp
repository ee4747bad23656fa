#include "poller/imports/workbook/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>

#include "poller/errors.hpp"

namespace poller::imports {
namespace {

constexpr std::size_t kArchiveBlock = 256 * 1024;

using OpenArchive = std::unique_ptr<archive, std::function<void(archive *)>>;

[[noreturn]] void refuse_archive(archive *source, const std::string &path, const std::string &what) {
    const char *why = archive_error_string(source);
    throw ConfigError(fmt::format("workbook \"{}\" is damaged: {}{}{}", path, what, why == nullptr ? "" : ": ",
                                  why == nullptr ? "" : why),
                      {"", "", "Fetch the file again, or open it in a spreadsheet program and save it anew."});
}

[[nodiscard]] OpenArchive opened_archive(const std::string &path) {
    OpenArchive source(archive_read_new(), [](archive *open) { archive_read_free(open); });
    // By the list at its end, which says what belongs to the file.
    if (!source || archive_read_support_format_zip_seekable(source.get()) != ARCHIVE_OK ||
        archive_read_open_filename(source.get(), path.c_str(), kArchiveBlock) != ARCHIVE_OK) {
        refuse_archive(source.get(), path, "it cannot be opened");
    }
    return source;
}

// With slashes, as some programs do not write them; empty at the end.
[[nodiscard]] std::string next_name(archive *source, const std::string &path) {
    archive_entry *entry = nullptr;
    const int found = archive_read_next_header(source, &entry);
    if (found == ARCHIVE_EOF) {
        return {};
    }
    if (found != ARCHIVE_OK && found != ARCHIVE_WARN) {
        refuse_archive(source, path, "the list of its parts cannot be read");
    }
    if (archive_entry_is_encrypted(entry) != 0) {
        throw ConfigError(fmt::format("workbook \"{}\" is encrypted", path), {"", "", "Save it without a password."});
    }
    const char *name = archive_entry_pathname(entry);
    std::string plain = name == nullptr ? "" : name;
    std::ranges::replace(plain, '\\', '/');
    // A name that cannot be told is none that is looked for.
    return plain.empty() ? "?" : plain;
}

}  // namespace

std::set<std::string> part_names(const std::string &path) {
    const OpenArchive source = opened_archive(path);
    std::set<std::string> names;
    std::size_t count = 0;
    for (std::string name = next_name(source.get(), path); !name.empty(); name = next_name(source.get(), path)) {
        names.insert(std::move(name));
        if (++count > kMostParts) {
            refuse_archive(source.get(), path, fmt::format("it has more than {} parts", kMostParts));
        }
    }
    return names;
}

ArchivePart::ArchivePart(const std::string &path, const std::string &name, std::uint64_t largest)
    : path_(path), name_(name), largest_(largest), archive_(opened_archive(path)), block_(kArchiveBlock, '\0') {
    std::string found;
    do {
        found = next_name(archive_.get(), path_);
    } while (!found.empty() && found != name_);
    if (found.empty()) {
        refuse_archive(archive_.get(), path_, fmt::format("part \"{}\" is missing", name_));
    }
}

std::string_view ArchivePart::next() {
    const auto read = archive_read_data(archive_.get(), block_.data(), block_.size());
    if (read < 0) {
        refuse_archive(archive_.get(), path_, fmt::format("part \"{}\" cannot be unpacked", name_));
    }
    position_ += static_cast<std::uint64_t>(read);
    if (position_ > largest_) {
        throw ConfigError(fmt::format("workbook \"{}\" is too large: part \"{}\" unpacks to more than {} MB", path_,
                                      name_, largest_ / 1024 / 1024),
                          {"", "", "Save the sheet as \"CSV UTF-8\" and import that file."});
    }
    return std::string_view(block_).substr(0, static_cast<std::size_t>(read));
}

}  // namespace poller::imports
