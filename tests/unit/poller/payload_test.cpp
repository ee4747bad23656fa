#include "poller/jobs/payload.hpp"

#include <gtest/gtest.h>

#include "poller/errors.hpp"

namespace poller::jobs {
namespace {

Job job_with(const char *payload) {
    Job job;
    job.payload = nlohmann::json::parse(payload);
    return job;
}

template <typename Action>
std::string refusal(Action &&action) {
    try {
        action();
    } catch (const PermanentError &error) {
        return error.what();
    }
    return "accepted";
}

TEST(PayloadTest, WhatIsMissingOrNullSaysNothing) {
    for (const char *payload : {"{}", R"({"x": null})"}) {
        const Job job = job_with(payload);
        EXPECT_FALSE(flag_of(job, "x"));
        EXPECT_EQ(text_of(job, "x"), std::nullopt);
        EXPECT_EQ(texts_of(job, "x"), std::nullopt);
        EXPECT_EQ(number_of(job, "x", 7, 0, 9), 7);
    }
}

TEST(PayloadTest, GivesWhatItSays) {
    const Job job = job_with(R"({"flag": true, "text": "t", "texts": ["a", "b"], "none": [], "number": 9})");
    EXPECT_TRUE(flag_of(job, "flag"));
    EXPECT_EQ(text_of(job, "text"), "t");
    EXPECT_EQ(texts_of(job, "texts"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(texts_of(job, "none"), std::vector<std::string>{});
    EXPECT_EQ(number_of(job, "number", 7, 0, 9), 9);
}

TEST(PayloadTest, AnotherKindOfValueIsRefusedForGood) {
    const Job job = job_with(
        R"({"word": "yes", "one": 1, "mixed": ["a", 2], "big": 10, "part": 1.5, "huge": 18446744073709551615})");
    EXPECT_EQ(refusal([&] { static_cast<void>(flag_of(job, "word")); }), "word must be true or false");
    EXPECT_EQ(refusal([&] { static_cast<void>(flag_of(job, "one")); }), "one must be true or false");
    EXPECT_EQ(refusal([&] { static_cast<void>(text_of(job, "one")); }), "one must be a text");
    EXPECT_EQ(refusal([&] { static_cast<void>(texts_of(job, "mixed")); }), "mixed must be a list of texts");
    EXPECT_EQ(refusal([&] { static_cast<void>(texts_of(job, "word")); }), "word must be a list of texts");
    for (const char *name : {"word", "big", "part", "huge"}) {
        EXPECT_EQ(refusal([&] { static_cast<void>(number_of(job, name, 7, 0, 9)); }),
                  std::string(name) + " must be a whole number from 0 to 9");
    }
}

}  // namespace
}  // namespace poller::jobs
