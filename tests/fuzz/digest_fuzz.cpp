// Any bytes as a piece of the digest, as they are and behind a seal that fits: they are refused, or they are a piece,
// whose sums are pieces as well. However much they claim, what is made of them is bounded by what they are.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/analysis/digest.hpp"
#include "core/analysis/digest_checksum.hpp"
#include "core/analysis/one_project.hpp"
#include "core/analysis/seal.hpp"
#include "core/input_error.hpp"
#include "require.hpp"

namespace {

using namespace pipeline_forecast;
using namespace pipeline_forecast::analysis;

const StageOutcomes kStages{{"won", Outcome::kWon}, {"lost", Outcome::kLost}};

std::string sum_of(const DigestPiece &piece, bool taken_away) {
    DigestBuilder sum;
    sum.add(piece);
    if (taken_away) sum.subtract(piece);
    return std::move(sum).pack();
}

void read(std::string_view bytes) {
    try {
        const std::vector<DigestPiece> pieces{DigestPiece(bytes)};
        require(pieces.front().size() <= bytes.size(), "a row is a byte at least");
        require(sum_of(pieces.front(), true).empty(), "a piece without itself is nothing");
        const std::string again = sum_of(pieces.front(), false);
        if (again.empty()) return;  // what it removes is what it adds
        const std::vector<DigestPiece> copies{DigestPiece(again)};
        require(sum_of(copies.front(), false).size() == again.size(), "packing anew takes as many bytes");
        require(digest_checksum(pieces, kStages) == digest_checksum(copies, kStages), "a sum is the same projects");
        const ProjectRow project{.account = "A", .category = "C", .outcome = Outcome::kOpen};
        (void)analyze_one(project, pieces, kStages, Moment{Day{std::chrono::days{20'000}}, 0.5});
    } catch (const InputError &error) {
        require(error.sqlstate() == "XX001" || error.sqlstate() == "55000", "what is refused is damaged or old");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    read(bytes);
    read(sealed(std::string(kSealSize, '\0').append(bytes)));
    return 0;
}
