// How much a client that has not shown who it is may ask for: a bucket of requests for each address, refilled slowly.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace poller::http {

class RateLimiter {
public:
    using Moment = std::chrono::steady_clock::time_point;
    struct Limits {
        double burst = 100;
        double per_second = 2;
        std::size_t addresses = 4096;  // remembered at most; beyond, strangers share one bucket
    };

    explicit RateLimiter(Limits limits) : limits_(limits), shared_{limits.burst, {}} {}

    // Whether the address has nothing left.
    [[nodiscard]] bool exhausted(std::string_view address, Moment now) const;

    // Takes one; false where nothing is left.
    bool take(std::string_view address, Moment now);

    [[nodiscard]] std::size_t addresses() const { return buckets_.size(); }

    // The part of an IPv6 address that one customer of a network has for himself: its first 64 bits. Others stay.
    [[nodiscard]] static std::string network_of(std::string_view address);

private:
    struct Bucket {
        double tokens;
        Moment filled;
    };

    [[nodiscard]] double tokens_in(const Bucket &bucket, Moment now) const;
    [[nodiscard]] Bucket &bucket_of(std::string network, Moment now);
    void forget_full(Moment now);

    Limits limits_;
    std::map<std::string, Bucket, std::less<>> buckets_;  // an address without one has a full bucket
    Bucket shared_;
};

}  // namespace poller::http
