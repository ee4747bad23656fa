// How the answers of language models are read in tests, and the table of failures that each dialect fills.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "llm_prompt.hpp"

namespace poller::llm {

// 2026-11-23 12:00:00 UTC
inline const std::chrono::system_clock::time_point kNow{std::chrono::seconds{1795435200}};

inline Answer read(const char *dialect, int status, std::string body, http::Headers headers = {}) {
    return make_dialect(dialect)->read({status, std::move(headers), std::move(body)}, kNow);
}

struct Case {
    const char *name;
    const char *dialect;
    int status;
    http::Headers headers;
    const char *body;
    Outcome outcome;
    std::optional<std::chrono::milliseconds> wait;
    Concern concern;
    bool worth_repeating;
};

inline std::ostream &operator<<(std::ostream &out, const Case &each) { return out << each.name; }

inline std::string name_of(const testing::TestParamInfo<Case> &info) { return info.param.name; }

inline constexpr auto kNone = std::nullopt;

// Its one test is in llm_answer_test.cpp; the cases are in the file of each dialect.
class EveryFailure : public testing::TestWithParam<Case> {};

}  // namespace poller::llm
