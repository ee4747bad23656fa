// Why a webhook was not let in.
#pragma once

#include <string_view>

namespace poller {

enum class Refusal { kMissing, kMalformed, kAlgorithm, kSignature, kExpired, kNotYetValid, kAudience };

inline constexpr Refusal kAllRefusals[] = {Refusal::kMissing,   Refusal::kMalformed, Refusal::kAlgorithm,
                                           Refusal::kSignature, Refusal::kExpired,   Refusal::kNotYetValid,
                                           Refusal::kAudience};

// For a log line and as the value of a label; the sender is told nothing of it.
[[nodiscard]] constexpr std::string_view name_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::kMissing: return "missing";
        case Refusal::kMalformed: return "malformed";
        case Refusal::kAlgorithm: return "algorithm";
        case Refusal::kSignature: return "signature";
        case Refusal::kExpired: return "expired";
        case Refusal::kNotYetValid: return "not_yet_valid";
        case Refusal::kAudience: return "audience";
    }
    return "unknown";
}

}  // namespace poller
