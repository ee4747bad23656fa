// Everything that the outlook reads: the versions of all projects, column by column. One history serves any number of
// origins, since a run reads nothing recorded after its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/analysis/text_codes.hpp"

namespace pipeline_forecast::outlook {

// What the stage rule, and what people did with the project, make of a version.
enum class State : std::uint8_t {
    kOpen,    // active, bucket Open, outcome open
    kWon,     // bucket Committed or outcome won, or an order date is set
    kLost,    // outcome lost
    kAbsent,  // archived, deleted, or in a stage that no report counts
};

enum class Segment : std::uint8_t { kStage, kType, kCategory, kValueBand, kOwner };
inline constexpr std::size_t kSegments = 5;

// A version as it is given. Texts are copied. An empty text is NULL, and a group of its own.
struct Version {
    std::string_view project;
    double valid_from = 0.0;
    State state = State::kOpen;
    std::string_view stage{};
    std::string_view type{};
    std::string_view category{};
    std::string_view value_band{};
    std::string_view owner{};  // of this version, never today's
    double value = 0.0;        // contract value; 0 for none
    std::optional<double> created = std::nullopt;
    std::optional<double> ordered_on = std::nullopt;      // date_order_received; the state is then kWon
    std::optional<double> stated_date = std::nullopt;     // expected_start_date, else follow_up_date
    std::optional<double> stated_percent = std::nullopt;  // probability_percent
    // Of everything else that the version holds: where it differs the version is a change, though none of the fields
    // above differs.
    std::uint64_t rest = 0;
};

// A version as it is kept; absent numbers are NaN.
struct StoredVersion {
    double valid_from;
    double value;
    double created;
    double ordered_on;
    double stated_date;
    double stated_percent;
    std::uint64_t rest;
    std::uint32_t project;
    std::uint32_t segments[kSegments];
    State state;

    [[nodiscard]] std::uint32_t code(Segment segment) const noexcept {
        return segments[static_cast<std::size_t>(segment)];
    }
};

class History {
public:
    // In any order; of two versions of a project with one valid_from the later added holds. Values and dates that are
    // no number, or beyond what a calendar knows, are taken for absent.
    void add(const Version &version);

    // Orders what was added: projects by their ids byte by byte, versions by time, codes by their texts; versions
    // that repeat the one before are dropped. To be called once, before anything is read.
    void seal();

    [[nodiscard]] std::size_t projects() const noexcept { return starts_.empty() ? 0 : starts_.size() - 1; }
    [[nodiscard]] std::size_t versions() const noexcept { return versions_.size(); }
    [[nodiscard]] std::string_view id(std::size_t project) const { return ids_.text(id_codes_[project]); }
    [[nodiscard]] std::span<const StoredVersion> versions(std::size_t project) const noexcept {
        return {versions_.data() + starts_[project], starts_[project + 1] - starts_[project]};
    }
    // Codes of a segment are 0 (the empty text) to groups - 1, in the order of their texts.
    [[nodiscard]] std::size_t groups(Segment segment) const noexcept {
        return texts_[static_cast<std::size_t>(segment)].order.size();
    }
    [[nodiscard]] std::string_view text(Segment segment, std::uint32_t code) const {
        const Texts &texts = texts_[static_cast<std::size_t>(segment)];
        return texts.codes.text(texts.order[code]);
    }
    // The earliest version of all; none of an empty history.
    [[nodiscard]] std::optional<double> first_moment() const noexcept { return first_moment_; }

private:
    struct Texts {
        analysis::TextCodes codes;         // in the order of arrival
        std::vector<std::uint32_t> order;  // code by rank
    };

    std::vector<StoredVersion> versions_;
    std::vector<std::size_t> starts_;  // of each project, and the end
    analysis::TextCodes ids_;
    std::vector<std::uint32_t> id_codes_;  // by project
    Texts texts_[kSegments];
    std::optional<double> first_moment_;
};

}  // namespace pipeline_forecast::outlook
