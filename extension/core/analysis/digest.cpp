#include "core/analysis/digest.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "core/analysis/gestation.hpp"
#include "core/analysis/mixer.hpp"
#include "core/input_error.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr std::uint64_t kFormatVersion = 1;
constexpr std::size_t kCountWidth = 4;

// What is left of one side of a sum when the other has been taken away, and the rest of the other.
template <typename Entry, typename Hash>
void take_away(std::vector<Entry> &from, std::vector<Entry> &taken) {
    std::unordered_map<Entry, std::size_t, Hash> owed(taken.size());
    for (const Entry &entry : taken) ++owed[entry];
    std::erase_if(from, [&owed](const Entry &entry) {
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

std::vector<std::string_view> read_texts(PackedReader &reader) {
    std::vector<std::size_t> lengths;
    for (std::uint64_t count = reader.number(kCountWidth); count > 0; --count) {
        lengths.push_back(reader.number(kCountWidth));
    }
    std::vector<std::string_view> texts{{}};
    texts.reserve(lengths.size() + 1);
    for (const std::size_t length : lengths) texts.push_back(reader.text(length));
    return texts;
}

}  // namespace

int digest_gestation(std::optional<int> days) noexcept { return is_valid_gestation(days) ? *days : 0; }

DigestPiece::DigestPiece(std::string_view packed) {
    PackedReader reader(packed);
    if (reader.number(1) != kFormatVersion) {
        throw InputError("55000", "a piece of analysis_digest was written by another version of the extension",
                         "DELETE the rows of analysis_digest and call pipeline_setup(), which fills it from projects.");
    }
    rows_ = reader.number(kCountWidth);
    for (std::size_t field = 0; field < kDigestTexts; ++field) {
        texts_[field] = read_texts(reader);
        codes_[field] = PackedColumn(reader, rows_);
        for (std::size_t row = 0; row < rows_; ++row) {
            if (code(field, row) >= texts_[field].size()) refuse_packed();
        }
    }
    flags_ = PackedColumn(reader, rows_);
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
    }
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
    if (rows > std::numeric_limits<std::uint32_t>::max()) {
        throw InputError("54000", "a digest of the analysis holds at most 4294967295 projects",
                         "Change fewer projects in one statement.");
    }
    for (Entry &entry : removed_) entry.flags |= DigestPiece::kRemoval;
    added_.insert(added_.end(), removed_.begin(), removed_.end());

    std::string bytes;
    std::vector<std::int64_t> column(rows);
    const auto append = [&](auto &&value_of) {
        std::transform(added_.begin(), added_.end(), column.begin(), value_of);
        append_column(bytes, column);
    };
    append_number(bytes, kFormatVersion, 1);
    append_number(bytes, rows, kCountWidth);
    for (std::size_t field = 0; field < kDigestTexts; ++field) {
        UsedTexts used(texts_[field]);
        for (Entry &entry : added_) entry.codes[field] = used.code(entry.codes[field]);
        used.append_to(bytes);
        append([field](const Entry &entry) { return std::int64_t{entry.codes[field]}; });
    }
    append([](const Entry &entry) { return entry.flags; });
    append([](const Entry &entry) { return entry.cents; });
    append([](const Entry &entry) { return entry.day; });
    append([](const Entry &entry) { return entry.gestation; });
    return bytes;
}

}  // namespace pipeline_forecast::analysis
