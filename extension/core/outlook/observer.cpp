#include "core/outlook/observer.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {

Observer::Observer(const History &history, std::uint32_t project, double created) noexcept
    : versions_(history.versions(project)), project_(project), stage_since_(created), changed_(created) {}

void Observer::advance(const StoredVersion &next) noexcept {
    const StoredVersion &version = versions_[at_];
    if (next.code(Segment::kStage) != version.code(Segment::kStage)) stage_since_ = next.valid_from;
    // No comparison with NaN holds, so a date that comes or goes is no push.
    if (next.state == State::kOpen && next.stated_date > version.stated_date) ++pushes_;
    changed_ = next.valid_from;
    ++at_;
}

OpenProject Observer::look(double moment) noexcept {
    while (at_ + 1 < versions_.size() && versions_[at_ + 1].valid_from <= moment) advance(versions_[at_ + 1]);
    const StoredVersion &version = versions_[at_];
    OpenProject seen{.project = project_,
                     .value = version.value,
                     .age = moment - stage_since_,
                     .change = moment - changed_,
                     .stated_date = version.stated_date,
                     .stated_percent = version.stated_percent,
                     .pushes = pushes_};
    std::ranges::copy(version.segments, seen.segments.begin());
    return seen;
}

}  // namespace pipeline_forecast::outlook
