#include "core/outlook/lives.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/interrupts.hpp"
#include "core/outlook/horizon.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

using Versions = std::span<const StoredVersion>;

Versions versions_until(const History &history, std::size_t project, double origin) {
    const Versions all = history.versions(project);
    const auto later = std::ranges::upper_bound(all, origin, {}, &StoredVersion::valid_from);
    return all.first(static_cast<std::size_t>(later - all.begin()));
}

double created_of(Versions versions) noexcept {
    for (const StoredVersion &version : versions) {
        if (!std::isnan(version.created)) return version.created;
    }
    return versions.front().valid_from;
}

// The order day, unless it was entered ahead of time.
double won_on(const StoredVersion &version) noexcept {
    return std::isnan(version.ordered_on) ? version.valid_from : std::min(version.ordered_on, version.valid_from);
}

// A version after which nothing brought the project back.
double gone_since(Versions versions) noexcept {
    std::size_t first = versions.size() - 1;
    while (first > 0 && versions[first - 1].state == State::kAbsent) --first;
    return versions[first].valid_from;
}

void set_ending(Life &life, Versions versions) noexcept {
    if (versions.back().state == State::kOpen) {
        life.ending = Ending::kOpen;
        return;
    }
    const auto closed = std::ranges::find_if(
        versions, [](State state) { return state == State::kWon || state == State::kLost; }, &StoredVersion::state);
    if (closed == versions.end()) {
        life.ending = Ending::kGone;
        life.end = gone_since(versions);
    } else if (closed->state == State::kLost) {
        life.ending = Ending::kLost;
        life.end = closed->valid_from;
    } else {
        life.ending = Ending::kWon;
        life.end = won_on(*closed);
        for (const StoredVersion &version : versions) {
            if (version.state == State::kWon) life.order_value = version.value;
        }
    }
}

Life life_of(Versions versions) noexcept {
    Life life{.created = created_of(versions),
              .first_value = versions.front().value,
              .type = versions.front().code(Segment::kType)};
    const auto open = std::ranges::find(versions, State::kOpen, &StoredVersion::state);
    life.seen_open = open == versions.end() ? std::numeric_limits<double>::infinity() : open->valid_from;
    set_ending(life, versions);
    return life;
}

double known_from_of(const Lives &lives) noexcept {
    int month = month_of(lives.history_start);
    if (month_begin(month) < lives.history_start) ++month;
    double first_end = std::numeric_limits<double>::infinity();
    for (const Life &life : lives.of) {
        if (life.closed() && life.end >= month_begin(month)) first_end = std::min(first_end, life.end);
    }
    return month_begin(std::isinf(first_end) ? month : month_of(first_end));
}

}  // namespace

Lives lives_at(const History &history, double origin, std::optional<double> history_start,
               std::optional<double> known_from) {
    Lives lives{.origin = origin, .history_start = history_start.value_or(history.first_moment().value_or(origin))};
    lives.of.resize(history.projects());
    for (std::size_t project = 0; project < history.projects(); ++project) {
        check_interrupts(project);
        const Versions versions = versions_until(history, project, origin);
        if (versions.empty()) continue;
        lives.versions += versions.size();
        lives.of[project] = life_of(versions);
    }
    lives.known_from = known_from ? *known_from : known_from_of(lives);
    return lives;
}

}  // namespace pipeline_forecast::outlook
