#include "poller/imports/staging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "poller/db/identifier.hpp"
#include "poller/imports/copy_text.hpp"
#include "poller/imports/encoding.hpp"

namespace poller::imports {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kLongestExample = 300;
constexpr std::size_t kLongestText = 1000;

[[nodiscard]] std::string_view beginning_of(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return text;
    }
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) {
        --most;
    }
    return text.substr(0, most);
}

// Rows of the file as rows of COPY.
class Copying {
public:
    Copying(const StagingTable &table, const ListFile &file, const Layout &layout, ListShape shape)
        : table_(table), records_(file.records(layout)), rows_(*records_, layout, std::move(shape)) {}

    [[nodiscard]] std::string_view next_chunk() {
        chunk_.clear();
        while (chunk_.size() < kChunk) {
            const Row *row = rows_.next();
            if (row == nullptr) {
                break;
            }
            append(*row);
        }
        counts_.blank_lines = rows_.blank_lines();
        return chunk_;
    }

    [[nodiscard]] std::uint64_t position() const noexcept { return records_->position(); }
    [[nodiscard]] const StagedRows &counts() const noexcept { return counts_; }

private:
    void append(const Row &row) {
        if (row.kind != RowKind::kTaken && row.kind != RowKind::kRefused) {
            LeftOut &left = counts_.left_out[row.kind];
            if (left.rows++ == 0) {
                left.first_line = row.line;
                left.example = beginning_of(row.text, kLongestExample);
            }
            return;
        }
        const bool is_refused = row.kind == RowKind::kRefused;
        if (is_refused && counts_.refused == 0) {
            counts_.first_refused_line = row.line;
            counts_.first_reason = row.reason;
        }
        ++(is_refused ? counts_.refused : counts_.taken);
        if (!is_refused && row.text.find(kLostCharacter) != std::string_view::npos) {
            note_damage(row);
        }
        fmt::format_to(std::back_inserter(chunk_), "{}\t", row.line);
        append_copy_value(chunk_, row.reason);
        append_copy_value(chunk_, is_refused ? beginning_of(row.text, kLongestText) : std::string_view());
        for (const std::size_t column : table_.filled) {
            append_copy_value(chunk_, is_refused ? std::string_view() : row.fields[column]);
        }
        end_copy_row(chunk_);
    }

    // Of the columns that are asked for.
    void note_damage(const Row &row) {
        const auto damaged = std::ranges::find_if(table_.filled, [&](std::size_t column) {
            return row.fields[column].find(kLostCharacter) != std::string_view::npos;
        });
        if (damaged != table_.filled.end() && counts_.damaged.rows++ == 0) {
            counts_.damaged.first_line = row.line;
            counts_.damaged.example = beginning_of(row.fields[*damaged], kLongestExample);
        }
    }

    const StagingTable &table_;
    std::unique_ptr<ListRecords> records_;
    RowReader rows_;
    std::string chunk_;
    StagedRows counts_;
};

}  // namespace

awaitable<StagedRows> stage(db::Connection &database, StagingTable table, const ListFile &file, const Layout &layout,
                            ListShape shape, std::function<void(std::uint64_t)> show) {
    const std::string own = fmt::format("{}, {}, {}", db::identifier(kLineColumn), db::identifier(kReasonColumn),
                                        db::identifier(kTextColumn));
    std::string made = fmt::format("{} bigint, {} text, {} text", db::identifier(kLineColumn),
                                   db::identifier(kReasonColumn), db::identifier(kTextColumn));
    for (const Column &column : table.columns) {
        made += fmt::format(", {} text", db::identifier(column.staged));
    }
    std::string filled = own;
    for (const std::size_t column : table.filled) {
        filled += ", " + db::identifier(table.columns[column].staged);
    }
    const std::string name = db::identifier(table.name);
    const std::string create = fmt::format("CREATE TEMP TABLE {} ({}) ON COMMIT DROP", name, made);
    co_await database.execute(create);
    Copying copying(table, file, layout, std::move(shape));
    const std::string copy = fmt::format("COPY pg_temp.{} ({}) FROM STDIN", name, filled);
    const std::function<std::string_view()> next_chunk = [&] {
        const std::string_view chunk = copying.next_chunk();
        show(copying.position());
        return chunk;
    };
    co_await database.copy_in(copy, next_chunk);
    co_return copying.counts();
}

}  // namespace poller::imports
