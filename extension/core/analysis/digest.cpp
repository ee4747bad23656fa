#include "core/analysis/digest.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/analysis/gestation.hpp"
#include "core/analysis/mixer.hpp"
#include "core/analysis/seal.hpp"
#include "core/input_error.hpp"
#include "core/interrupts.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr std::size_t kCountWidth = 4;
// In memory a row takes some 56 bytes, however few it takes where it is packed.
constexpr std::size_t kMostRows = 32 * 1024 * 1024;

[[noreturn]] void refuse_too_many() {
    throw InputError("54000", "a digest of the analysis holds at most " + std::to_string(kMostRows) + " projects",
                     "Change fewer projects in one statement.");
}

// What is left of one side of a sum when the other has been taken away, and the rest of the other.
template <typename Entry, typename Hash>
void take_away(std::vector<Entry> &from, std::vector<Entry> &taken) {
    std::unordered_map<Entry, std::size_t, Hash> owed(taken.size());
    std::size_t row = 0;
    for (const Entry &entry : taken) {
        ++owed[entry];
        check_interrupts(row++);
    }
    std::erase_if(from, [&](const Entry &entry) {
        check_interrupts(row++);
        const auto found = owed.find(entry);
        if (found == owed.end() || found->second == 0) return false;
        --found->second;
        return true;
    });
    taken.clear();
    for (const auto &[entry, count] : owed) taken.insert(taken.end(), count, entry);
}

// The texts that are in use, in codes from 1 on without gaps.
class UsedTexts {
public:
    explicit UsedTexts(const TextCodes &texts) : texts_(texts), codes_(texts.size() + 1, TextCodes::kMissing) {}

    std::uint32_t code(std::uint32_t former) {
        if (former == TextCodes::kMissing) return former;
        std::uint32_t &code = codes_[former];
        if (code == TextCodes::kMissing) {
            used_.push_back(texts_.text(former));
            code = static_cast<std::uint32_t>(used_.size());
        }
        return code;
    }

    void append_to(std::string &bytes) const {
        append_number(bytes, used_.size(), kCountWidth);
        for (const std::string_view text : used_) append_number(bytes, text.size(), kCountWidth);
        for (const std::string_view text : used_) bytes += text;
    }

private:
    const TextCodes &texts_;
    std::vector<std::uint32_t> codes_;
    std::vector<std::string_view> used_;
};

// Each text is that of a row.
std::vector<std::string_view> read_texts(PackedReader &reader, std::size_t rows) {
    const std::uint64_t count = reader.number(kCountWidth);
    if (count > rows) refuse_packed();
    std::vector<std::size_t> lengths;
    for (std::size_t i = 0; i < count; ++i) {
        lengths.push_back(reader.number(kCountWidth));
        check_interrupts(i);
    }
    std::vector<std::string_view> texts{{}};
    texts.reserve(lengths.size() + 1);
    for (const std::size_t length : lengths) texts.push_back(reader.text(length));
    return texts;
}

}  // namespace

int digest_gestation(std::optional<int> days) noexcept { return is_valid_gestation(days) ? *days : 0; }

DigestPiece::DigestPiece(std::string_view packed) {
    PackedReader reader(unsealed(packed));
    rows_ = reader.number(kCountWidth);
    // The flags are a byte for each row: a claim that no bytes stand for is none.
    if (rows_ > reader.size()) refuse_packed();
    if (rows_ > kMostRows) refuse_too_many();
    flags_ = PackedColumn(reader, rows_);
    if (flags_.width() == 0) refuse_packed();
    for (std::size_t field = 0; field < kDigestTexts; ++field) {
        texts_[field] = read_texts(reader, rows_);
        codes_[field] = PackedColumn(reader, rows_);
        for (std::size_t row = 0; row < rows_; ++row) {
            if (code(field, row) >= texts_[field].size()) refuse_packed();
            check_interrupts(row);
        }
    }
    cents_ = PackedColumn(reader, rows_);
    days_ = PackedColumn(reader, rows_);
    gestations_ = PackedColumn(reader, rows_);
    if (!reader.at_end()) refuse_packed();
}

std::vector<Outcome> DigestPiece::outcomes(const StageOutcomes &stages) const {
    std::vector<Outcome> outcomes;
    outcomes.reserve(texts_[kStageText].size());
    for (const std::string_view stage : texts_[kStageText]) {
        const auto found = stages.find(stage);
        outcomes.push_back(found == stages.end() ? Outcome::kOpen : found->second);
    }
    return outcomes;
}

std::uint32_t DigestPiece::find(std::size_t field, std::string_view text) const noexcept {
    const auto found = std::find(texts_[field].begin(), texts_[field].end(), text);
    return found == texts_[field].end() ? TextCodes::kUnknown
                                        : static_cast<std::uint32_t>(found - texts_[field].begin());
}

std::size_t DigestBuilder::EntryHash::operator()(const Entry &entry) const noexcept {
    Mixer mixer;
    for (const std::uint32_t code : entry.codes) mixer.add(std::uint64_t{code});
    for (const std::int64_t number : {entry.flags, entry.cents, entry.day, entry.gestation}) mixer.add(number);
    return mixer.value();
}

void DigestBuilder::change(const ProjectRow &project, std::string_view stage, int sign) {
    Entry entry;
    for (const Field field : kFields) {
        const auto index = static_cast<std::size_t>(field);
        entry.codes[index] = texts_[index].add(project.text(field));
    }
    entry.codes[kStageText] = texts_[kStageText].add(stage);
    if (project.new_enquiry_value) {
        entry.flags |= DigestPiece::kHasValue;
        entry.cents = project.new_enquiry_value->cents;
    }
    if (project.date_created) {
        entry.flags |= DigestPiece::kHasDate;
        entry.day = project.date_created->time_since_epoch().count();
    }
    entry.gestation = digest_gestation(project.gestation_period);
    put(entry, sign < 0);
}

void DigestBuilder::change(const DigestPiece &piece, int sign) {
    std::array<std::vector<std::uint32_t>, kDigestTexts> codes;
    for (std::size_t field = 0; field < kDigestTexts; ++field) {
        for (const std::string_view text : piece.texts(field)) codes[field].push_back(texts_[field].add(text));
    }
    for (std::size_t row = 0; row < piece.size(); ++row) {
        Entry entry;
        for (std::size_t field = 0; field < kDigestTexts; ++field) {
            entry.codes[field] = codes[field][piece.code(field, row)];
        }
        entry.flags = piece.flags_[row] & ~DigestPiece::kRemoval;
        entry.cents = piece.cents_[row];
        entry.day = piece.days_[row];
        entry.gestation = piece.gestations_[row];
        put(entry, piece.is_removal(row) == (sign > 0));
        check_interrupts(row);
    }
}

void DigestBuilder::put(const Entry &entry, bool is_removal) {
    if (added_.size() + removed_.size() >= kMostRows) cancel();
    if (added_.size() + removed_.size() >= kMostRows) refuse_too_many();
    (is_removal ? removed_ : added_).push_back(entry);
}

// Counting the smaller side is enough to cancel it against the larger one.
void DigestBuilder::cancel() {
    if (added_.empty() || removed_.empty()) return;
    const bool fewer_added = added_.size() < removed_.size();
    take_away<Entry, EntryHash>(fewer_added ? removed_ : added_, fewer_added ? added_ : removed_);
}

std::string DigestBuilder::pack() && {
    cancel();
    const std::size_t rows = added_.size() + removed_.size();
    if (rows == 0) return {};
    for (Entry &entry : removed_) entry.flags |= DigestPiece::kRemoval;
    added_.insert(added_.end(), removed_.begin(), removed_.end());

    std::string bytes(kSealSize, '\0');
    std::vector<std::int64_t> column(rows);
    const auto append = [&](auto &&value_of, std::size_t least_width = 0) {
        check_interrupts();
        std::transform(added_.begin(), added_.end(), column.begin(), value_of);
        append_column(bytes, column, least_width);
    };
    append_number(bytes, rows, kCountWidth);
    append([](const Entry &entry) { return entry.flags; }, 1);
    for (std::size_t field = 0; field < kDigestTexts; ++field) {
        UsedTexts used(texts_[field]);
        for (Entry &entry : added_) entry.codes[field] = used.code(entry.codes[field]);
        used.append_to(bytes);
        append([field](const Entry &entry) { return std::int64_t{entry.codes[field]}; });
    }
    append([](const Entry &entry) { return entry.cents; });
    append([](const Entry &entry) { return entry.day; });
    append([](const Entry &entry) { return entry.gestation; });
    return sealed(std::move(bytes));
}

}  // namespace pipeline_forecast::analysis
