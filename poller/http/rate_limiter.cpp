#include "poller/http/rate_limiter.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace poller::http {

std::string RateLimiter::network_of(std::string_view address) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(std::string(address), error);
    if (error || !parsed.is_v6() || parsed.to_v6().is_v4_mapped()) return std::string(address);
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return boost::asio::ip::address_v6(bytes).to_string();
}

double RateLimiter::tokens_in(const Bucket &bucket, Moment now) const {
    const std::chrono::duration<double> passed = now - bucket.filled;
    return std::min(limits_.burst, bucket.tokens + passed.count() * limits_.per_second);
}

bool RateLimiter::exhausted(std::string_view address, Moment now) const {
    if (buckets_.empty()) return false;
    const auto found = buckets_.find(network_of(address));
    if (found != buckets_.end()) return tokens_in(found->second, now) < 1;
    return buckets_.size() >= limits_.addresses && tokens_in(shared_, now) < 1;
}

bool RateLimiter::take(std::string_view address, Moment now) {
    Bucket &bucket = bucket_of(network_of(address), now);
    bucket = {tokens_in(bucket, now), now};
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

RateLimiter::Bucket &RateLimiter::bucket_of(std::string network, Moment now) {
    if (const auto found = buckets_.find(network); found != buckets_.end()) return found->second;
    if (buckets_.size() >= limits_.addresses) forget_full(now);
    if (buckets_.size() >= limits_.addresses) return shared_;
    return buckets_.emplace(std::move(network), Bucket{limits_.burst, now}).first->second;
}

void RateLimiter::forget_full(Moment now) {
    std::erase_if(buckets_, [&](const auto &entry) { return tokens_in(entry.second, now) >= limits_.burst; });
}

}  // namespace poller::http
