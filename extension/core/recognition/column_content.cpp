#include "core/recognition/column_content.hpp"

#include <algorithm>
#include <array>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

struct KindContent {
    std::string_view kind;
    Content content;
};

constexpr std::array kContents{
    KindContent{"numbers", Content::kNumber},
    KindContent{"number", Content::kNumber},
    KindContent{"money", Content::kNumber},
    KindContent{"percent", Content::kNumber},
    KindContent{"gestation", Content::kNumber},
    KindContent{"date", Content::kDay},
    KindContent{"day", Content::kDay},
    KindContent{"timeline", Content::kDay},
    KindContent{"creation_log", Content::kDay},
    KindContent{"last_updated", Content::kDay},
    KindContent{"people", Content::kPeople},
    KindContent{"team", Content::kPeople},
    KindContent{"status", Content::kWords},
    KindContent{"dropdown", Content::kWords},
    KindContent{"board_relation", Content::kWords},
    KindContent{"country", Content::kWords},
    KindContent{"words", Content::kWords},
    KindContent{"tags", Content::kWords},
    KindContent{"auto_number", Content::kOther},
    KindContent{"button", Content::kOther},
    KindContent{"checkbox", Content::kOther},
    KindContent{"color_picker", Content::kOther},
    KindContent{"dependency", Content::kOther},
    KindContent{"doc", Content::kOther},
    KindContent{"file", Content::kOther},
    KindContent{"hour", Content::kOther},
    KindContent{"progress", Content::kOther},
    KindContent{"rating", Content::kOther},
    KindContent{"subtasks", Content::kOther},
    KindContent{"time_tracking", Content::kOther},
    KindContent{"vote", Content::kOther},
    KindContent{"week", Content::kOther},
    KindContent{"world_clock", Content::kOther},
};

}  // namespace

Content content_of_kind(std::string_view kind) noexcept {
    const auto found = std::ranges::find(kContents, kind, &KindContent::kind);
    return found == kContents.end() ? Content::kUnknown : found->content;
}

bool can_hold(FieldKind field, Content content) noexcept {
    if (content == Content::kUnknown) return true;
    switch (field) {
        case FieldKind::kDay: return content == Content::kDay;
        case FieldKind::kMoney:
        case FieldKind::kPercent:
        case FieldKind::kGestation:
        case FieldKind::kNumber: return content == Content::kNumber;
        case FieldKind::kState: return content == Content::kWords;
        case FieldKind::kText: return content == Content::kWords || content == Content::kPeople;
        case FieldKind::kKey: return content == Content::kWords || content == Content::kNumber;
    }
    return false;
}

}  // namespace pipeline_forecast
