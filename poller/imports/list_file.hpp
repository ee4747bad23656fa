// A file with a list: what it is, and its rows from the beginning, as often as somebody asks for them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "poller/imports/encoding.hpp"
#include "poller/imports/records.hpp"
#include "poller/imports/sniff.hpp"

namespace poller::imports {

class ListRecords : public RecordSource {
public:
    // How far the reading has come, of the length of the file.
    [[nodiscard]] virtual std::uint64_t position() const noexcept = 0;
};

class ListFile {
public:
    explicit ListFile(std::string path) : path_(std::move(path)) {}
    virtual ~ListFile() = default;
    ListFile(const ListFile &) = delete;
    ListFile &operator=(const ListFile &) = delete;

    [[nodiscard]] const std::string &path() const noexcept { return path_; }
    [[nodiscard]] std::string name() const;

    // Of what is read of it, in bytes.
    [[nodiscard]] virtual std::uint64_t length() const noexcept = 0;
    // ConfigError if no line names columns, or what was said does not fit the file.
    [[nodiscard]] virtual Layout layout(const SaidLayout &said) const = 0;
    // The file has to outlive them.
    [[nodiscard]] virtual std::unique_ptr<ListRecords> records(const Layout &layout) const = 0;
    // How it is written, for the report of an import.
    [[nodiscard]] virtual nlohmann::json written(const Layout &layout) const = 0;

protected:
    // The layout, or ConfigError where it names no columns.
    [[nodiscard]] Layout with_head(Layout layout, const SaidLayout &said) const;

private:
    std::string path_;
};

// What a person says of a file as a whole.
struct SaidFile {
    std::optional<Encoding> encoding = std::nullopt;  // of text
    std::string sheet;                                // of a workbook; empty: the first
};

// Reads all of it once, so that what cannot be read is known before anything is written. ConfigError if it cannot be
// read, is empty or holds no list at all.
[[nodiscard]] std::unique_ptr<ListFile> open_list(const std::string &path, const SaidFile &said);

}  // namespace poller::imports
