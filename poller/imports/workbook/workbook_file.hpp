// A list in a sheet of an Excel workbook (.xlsx, .xlsm), whichever program wrote it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "poller/imports/list_file.hpp"
#include "poller/imports/workbook/sheet.hpp"

namespace poller::imports {

class WorkbookFile final : public ListFile {
public:
    // `sheet` is the name of one, or empty for the first that is not hidden. Reads all of it.
    WorkbookFile(std::string path, const std::string &sheet);

    [[nodiscard]] std::uint64_t length() const noexcept override { return length_; }
    [[nodiscard]] Layout layout(const SaidLayout &said) const override;
    [[nodiscard]] std::unique_ptr<ListRecords> records(const Layout &layout) const override;
    [[nodiscard]] nlohmann::json written(const Layout &layout) const override;

private:
    void choose_sheet(const WorkbookEntries &entries, const std::vector<Relation> &relations, const std::string &said);
    void survey();

    SheetContext context_;
    std::string sheet_;
    std::string part_;  // that holds it
    std::vector<std::string> others_;
    std::uint64_t length_ = 0;
    std::size_t widest_ = 0;
};

}  // namespace poller::imports
