#include "core/analysis/seal.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/analysis/mixer.hpp"
#include "core/analysis/packed_column.hpp"
#include "core/input_error.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr std::uint64_t kFormatVersion = 2;
constexpr std::size_t kWord = sizeof(std::uint64_t);

// Of up to eight bytes, the same on every machine.
std::uint64_t word(std::string_view bytes) noexcept {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), bytes.size());
    return std::endian::native == std::endian::little ? number : __builtin_bswap64(number);
}

// Any single wrong word gives another sum: each step maps different states to different ones.
std::uint64_t checksum(std::string_view bytes) noexcept {
    Mixer mixer;
    mixer.add(std::uint64_t{bytes.size()});
    for (; bytes.size() >= kWord; bytes.remove_prefix(kWord)) mixer.add(word(bytes.substr(0, kWord)));
    mixer.add(word(bytes));
    return mixer.value();
}

std::string seal_of(std::string_view body) {
    std::string seal;
    append_number(seal, kFormatVersion, 1);
    append_number(seal, checksum(body), kWord);
    return seal;
}

}  // namespace

std::string sealed(std::string bytes) {
    bytes.replace(0, kSealSize, seal_of(std::string_view(bytes).substr(kSealSize)));
    return bytes;
}

std::string_view unsealed(std::string_view bytes) {
    if (!bytes.empty() && static_cast<unsigned char>(bytes.front()) != kFormatVersion) {
        throw InputError("55000", "a piece of analysis_digest was written by another version of the extension",
                         "Call pipeline_setup(), which fills it from projects.");
    }
    if (bytes.size() < kSealSize || bytes.substr(0, kSealSize) != seal_of(bytes.substr(kSealSize))) refuse_packed();
    return bytes.substr(kSealSize);
}

}  // namespace pipeline_forecast::analysis
