#include "poller/jobs/worker.hpp"

#include <algorithm>

#include "poller/async/backoff.hpp"
#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::jobs {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPollInterval{1000};
constexpr double kPollJitter = 0.2;
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{5000};
// Results that come within so long are stored by one statement; and no more of them.
constexpr milliseconds kCollect{5};
constexpr std::size_t kEnoughResults = 100;
constexpr std::size_t kMostResults = 1000;
// For handlers that were told to stop.
constexpr milliseconds kLetGo{2000};

[[nodiscard]] std::string describe(const Error &error) {
    std::string text = error.what();
    for (const std::string *part : {&error.detail(), &error.hint()}) {
        if (!part->empty()) {
            text += "; " + *part;
        }
    }
    return error.sqlstate().empty() ? text : text + " (SQLSTATE " + error.sqlstate() + ")";
}

[[nodiscard]] bool contains(const std::vector<std::int64_t> &ids, std::int64_t id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

// One type of job, with its places.
struct Worker::Lane {
    const JobType *type;
    std::unique_ptr<Handler> handler;
    int places;
    int running = 0;
    bool more = false;  // the last claim took all it could: there may be more
};

// A job that this process has to answer for, from its claim until its end is stored.
struct Worker::Held {
    Job job;
    Lane *lane;
    Clock::time_point started;
    Clock::time_point leased;  // the lease lasts for a whole term from here, or longer
    std::stop_source stop;
    bool ended = false;  // its handler is
    bool lost = false;   // the database says so
};

Worker::Worker(const asio::any_io_executor &executor, Queue &queue, const Services &services,
               std::function<void(const Run &)> observe)
    : executor_(executor), queue_(queue), observe_(std::move(observe)) {
    const std::vector<std::string> &wanted = services.settings.job_types;
    for (const JobType &type : job_types()) {
        if (wanted.empty() || std::find(wanted.begin(), wanted.end(), type.name) != wanted.end()) {
            lanes_.push_back({&type, type.make_handler(services), type.concurrency});
        }
    }
    set_concurrency(services.settings.job_concurrency);
}

Worker::~Worker() = default;

void Worker::set_concurrency(const std::map<std::string, int> &concurrency) {
    for (Lane &lane : lanes_) {
        const auto set = concurrency.find(std::string(lane.type->name));
        lane.places = set == concurrency.end() ? lane.type->concurrency : set->second;
    }
    wake();
}

void Worker::start() {
    spawn(executor_, claim_jobs());
    spawn(executor_, keep_leases());
    spawn(executor_, watch_leases());
    spawn(executor_, store_results());
}

void Worker::wake() {
    woken_ = true;
    claim_.wake_all();
}

std::vector<std::pair<std::string_view, int>> Worker::running() const {
    std::vector<std::pair<std::string_view, int>> counts;
    for (const Lane &lane : lanes_) {
        counts.emplace_back(lane.type->name, lane.running);
    }
    return counts;
}

awaitable<void> Worker::claim_jobs() {
    Backoff backoff(kFirstPause, kLongestPause);
    while (!stopping_) {
        woken_ = false;
        milliseconds pause = jittered(kPollInterval, kPollJitter);
        try {
            co_await claim_once();
            if (backoff.failures() > 0) {
                log::info("claiming jobs again");
                backoff.reset();
            }
        } catch (const Error &error) {
            if (backoff.failures() == 0) {
                log::warning("cannot claim jobs", {{"error", error.what()}, {"hint", error.hint()}});
            }
            pause = backoff.next();
            woken_ = false;  // news of a job does not bring the database back
        }
        if (!woken_ && !stopping_) {
            co_await claim_.wait_for(pause);
        }
    }
}

awaitable<void> Worker::claim_once() {
    std::vector<std::string_view> types;
    std::vector<int> places;
    for (const Lane &lane : lanes_) {
        if (lane.running < lane.places) {
            types.push_back(lane.type->name);
            places.push_back(lane.places - lane.running);
        }
    }
    if (types.empty()) {
        co_return;
    }
    const auto asked = Clock::now();
    std::vector<Job> jobs = co_await queue_.claim(types, places);
    for (std::size_t i = 0; i < types.size(); ++i) {
        const auto taken =
            std::count_if(jobs.begin(), jobs.end(), [&](const Job &job) { return job.type == types[i]; });
        lane_of(types[i]).more = taken >= places[i];
    }
    for (Job &job : jobs) {
        const auto held = std::make_shared<Held>();
        held->lane = &lane_of(job.type);
        held->job = std::move(job);
        held->started = Clock::now();
        held->leased = asked;
        held_.emplace(held->job.id, held);
        ++held->lane->running;
        if (stopping_) {  // while the claim was under way
            held->stop.request_stop();
        }
        spawn(executor_, run_job(held));
    }
    leases_.wake_all();
}

Worker::Lane &Worker::lane_of(std::string_view type) {
    return *std::find_if(lanes_.begin(), lanes_.end(), [type](const Lane &lane) { return lane.type->name == type; });
}

awaitable<void> Worker::run_job(HeldPtr held) {
    Outcome outcome = Outcome::retry("not started");
    if (!held->stop.stop_requested()) {
        outcome = co_await run_handler(*held);
    }
    held->ended = true;
    --held->lane->running;
    if (held->lane->more) {
        wake();
    }
    if (held->lost) {
        release(*held, "lost", outcome.detail);
    } else if (outcome.kind == Outcome::Kind::kDone) {
        done_.emplace_back(held, std::move(outcome.detail));
        results_.wake_all();
    } else {
        co_await put_back(held, std::move(outcome));
    }
}

awaitable<Outcome> Worker::run_handler(const Held &held) {
    try {
        co_return co_await held.lane->handler->run(held.job, held.stop.get_token());
    } catch (const PermanentError &error) {
        co_return Outcome::fail(describe(error));
    } catch (const Error &error) {
        co_return Outcome::retry(describe(error));
    } catch (const std::exception &error) {
        co_return Outcome::retry(error.what());
    }
}

// Tells the queue of a run that did not get its work done, for as long as the job is held.
awaitable<void> Worker::put_back(HeldPtr held, Outcome outcome) {
    const Leases lease{{held->job.id}, {held->job.token}};
    Backoff backoff(kFirstPause, kLongestPause);
    while (!held->lost) {
        try {
            // What was broken off is not the fault of the job.
            if (held->stop.stop_requested()) {
                const std::vector<std::int64_t> given = co_await queue_.give_back(lease);
                release(*held, given.empty() ? "lost" : "returned", outcome.detail);
                co_return;
            }
            const std::string became = co_await queue_.put_off(held->job, outcome);
            const bool waits = outcome.kind == Outcome::Kind::kWait;
            release(*held, became != "queued" ? std::string_view(became) : waits ? "waits" : "retried", outcome.detail);
            co_return;
        } catch (const TransientError &) {
            // Again, below.
        } catch (const Error &error) {
            log::error("cannot put a job back; its lease will run out",
                       {{"job", held->job.id}, {"error", error.what()}});
            break;
        }
        co_await sleep_for(backoff.next());
    }
    release(*held, "lost", outcome.detail);
}

awaitable<void> Worker::store_results() {
    Backoff backoff(kFirstPause, kLongestPause);
    while (true) {
        while (done_.empty()) {
            co_await results_.wait();
        }
        if (done_.size() < kEnoughResults) {
            co_await sleep_for(kCollect);
        }
        const std::size_t count = std::min(done_.size(), kMostResults);
        Leases leases;
        std::vector<std::string> details;
        for (std::size_t i = 0; i < count; ++i) {
            leases.ids.push_back(done_[i].first->job.id);
            leases.tokens.push_back(done_[i].first->job.token);
            details.push_back(done_[i].second);
        }
        std::vector<std::int64_t> finished;
        bool answered = true;
        try {
            finished = co_await queue_.finish(leases, details);
            backoff.reset();
        } catch (const TransientError &error) {
            log::warning("cannot store results yet", {{"jobs", count}, {"error", error.what()}});
            answered = false;
        } catch (const Error &error) {
            log::error("cannot store results; the leases will run out", {{"jobs", count}, {"error", error.what()}});
        }
        if (!answered) {
            co_await sleep_for(backoff.next());
            continue;
        }
        for (std::size_t i = 0; i < count; ++i) {
            release(*done_[i].first, contains(finished, leases.ids[i]) ? "done" : "lost", details[i]);
        }
        done_.erase(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(count));
        wake();  // a job of the same project may have waited for these
    }
}

awaitable<void> Worker::keep_leases() {
    const milliseconds term = queue_.lease();
    while (true) {
        while (held_.empty()) {
            co_await leases_.wait();
        }
        co_await sleep_for(term / 3);
        bool renewed = false;
        while (!renewed && !held_.empty()) {
            try {
                co_await renew();
                renewed = true;
            } catch (const Error &error) {
                log::warning("cannot renew leases", {{"jobs", held_.size()}, {"error", error.what()}});
            }
            if (!renewed) {
                co_await sleep_for(jittered(term / 20, kPollJitter));
            }
        }
    }
}

awaitable<void> Worker::renew() {
    Leases leases;
    for (const auto &[id, held] : held_) {
        leases.ids.push_back(id);
        leases.tokens.push_back(held->job.token);
    }
    if (leases.ids.empty()) {
        co_return;
    }
    const auto asked = Clock::now();
    std::vector<std::int64_t> kept = co_await queue_.renew(leases);
    std::sort(kept.begin(), kept.end());
    for (std::size_t i = 0; i < leases.ids.size(); ++i) {
        const auto found = held_.find(leases.ids[i]);
        if (found == held_.end() || found->second->job.token != leases.tokens[i]) {
            continue;  // ended meanwhile
        }
        Held &held = *found->second;
        if (std::binary_search(kept.begin(), kept.end(), leases.ids[i])) {
            held.leased = asked;
        } else if (!held.ended) {
            log::warning("lease lost", {{"job", held.job.id}, {"type", held.job.type}});
            held.lost = true;
            held.stop.request_stop();
        }
    }
}

// The last third of a lease is for letting go, before another process takes the job over. Beside keep_leases(), which
// may be waiting for an answer that never comes.
awaitable<void> Worker::watch_leases() {
    const milliseconds term = queue_.lease();
    while (true) {
        while (held_.empty()) {
            co_await leases_.wait();
        }
        co_await sleep_for(term / 12);
        const auto now = Clock::now();
        for (const auto &[id, held] : held_) {
            if (!held->ended && !held->stop.stop_requested() && now - held->leased >= term * 7 / 12) {
                log::warning("lease not renewed in time, job broken off", {{"job", id}, {"type", held->job.type}});
                held->stop.request_stop();
            }
        }
    }
}

awaitable<void> Worker::stop(std::chrono::steady_clock::duration grace) {
    stopping_ = true;
    claim_.wake_all();
    co_await wait_until_released(Clock::now() + std::max(grace - kLetGo, Clock::duration::zero()));
    for (const auto &[id, held] : held_) {
        held->stop.request_stop();
    }
    co_await wait_until_released(Clock::now() + std::min<Clock::duration>(grace, kLetGo));
    if (!held_.empty()) {
        log::warning("stopped with jobs that did not let go; their leases will run out", {{"jobs", held_.size()}});
    }
}

awaitable<void> Worker::wait_until_released(Clock::time_point deadline) {
    while (!held_.empty() && Clock::now() < deadline) {
        co_await released_.wait_for(deadline - Clock::now());
    }
}

void Worker::release(const Held &held, std::string_view outcome, std::string_view detail) {
    const auto duration = Clock::now() - held.started;
    const log::Fields fields = {{"job", held.job.id},
                                {"type", held.job.type},
                                {"project", held.job.project_id.value_or("-")},
                                {"outcome", outcome},
                                {"attempt", held.job.attempts},
                                {"ms", std::chrono::duration_cast<milliseconds>(duration).count()},
                                {"detail", detail}};
    if (outcome == "failed" || outcome == "lost") {
        log::warning("job", fields);
    } else {
        log::info("job", fields);
    }
    if (observe_) {
        observe_({held.lane->type->name, outcome, duration, held.job.waited_ms});
    }
    held_.erase(held.job.id);
    released_.wake_all();
}

}  // namespace poller::jobs
