#include "poller/webhooks/refusal_counts.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "poller/async/backoff.hpp"
#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller {
namespace {

constexpr std::chrono::milliseconds kCollect = std::chrono::seconds{1};
constexpr std::chrono::milliseconds kLongestPause = std::chrono::minutes{1};

}  // namespace

RefusalCounts::RefusalCounts(asio::any_io_executor executor, db::Pool &database)
    : executor_(std::move(executor)), database_(database) {}

void RefusalCounts::add(Refusal refusal) {
    ++counts_[refusal];
    if (!std::exchange(is_telling_, true)) spawn(executor_, tell());
}

awaitable<void> RefusalCounts::tell() {
    Backoff backoff(kCollect, kLongestPause);
    while (!counts_.empty()) {
        co_await sleep_for(kCollect + backoff.next());
        const std::map<Refusal, std::int64_t> told = std::exchange(counts_, {});
        std::vector<std::string_view> reasons;
        std::vector<std::int64_t> counts;
        for (const auto &[refusal, count] : told) {
            reasons.push_back(name_of(refusal));
            counts.push_back(count);
        }
        try {
            co_await database_.query("SELECT count_webhook_refusals($1, $2)", db::params(reasons, counts));
            backoff.reset();
        } catch (const Error &error) {
            log::debug("refused webhooks not counted yet", {{"error", error.what()}});
            for (const auto &[refusal, count] : told) counts_[refusal] += count;
        }
    }
    is_telling_ = false;
}

}  // namespace poller
