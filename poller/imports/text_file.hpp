// A list as text: CSV and its relatives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "poller/imports/list_file.hpp"

namespace poller::imports {

class TextFile final : public ListFile {
public:
    // Reads all of it, which is how the encoding of a file without a mark is known.
    TextFile(std::string path, std::optional<Encoding> said);

    [[nodiscard]] std::uint64_t length() const noexcept override { return size_; }
    [[nodiscard]] Layout layout(const SaidLayout &said) const override;
    [[nodiscard]] std::unique_ptr<ListRecords> records(const Layout &layout) const override;
    [[nodiscard]] nlohmann::json written(const Layout &layout) const override;

private:
    std::uint64_t size_ = 0;
    Encoding encoding_ = Encoding::kUtf8;
    std::string beginning_;  // as UTF-8
};

}  // namespace poller::imports
