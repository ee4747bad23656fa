#include "poller/jobs/queue.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace poller::jobs {
namespace {

[[nodiscard]] std::vector<std::int64_t> ids_of(const db::Result &result) {
    std::vector<std::int64_t> ids;
    for (const db::Row row : result) {
        ids.push_back(row[0].integer());
    }
    return ids;
}

[[nodiscard]] Job job_of(const db::Row &row) {
    Job job;
    job.id = row[0].integer();
    job.type = row[1].text();
    if (!row[2].is_null()) {
        job.project_id = row[2].text();
    }
    job.payload = nlohmann::json::parse(row[3].text());
    job.attempts = static_cast<int>(row[4].integer());
    job.max_attempts = static_cast<int>(row[5].integer());
    job.token = row[6].integer();
    job.waited_ms = row[7].real();
    return job;
}

// The server refuses a NUL; details may repeat what others sent.
[[nodiscard]] std::string without_nul(std::string text) {
    std::replace(text.begin(), text.end(), '\0', ' ');
    return text;
}

}  // namespace

Queue::Queue(db::Pool &database, std::string worker, std::chrono::seconds lease)
    : database_(database), worker_(std::move(worker)), lease_(lease) {}

awaitable<std::vector<Job>> Queue::claim(const std::vector<std::string_view> &types, const std::vector<int> &slots) {
    const db::Result claimed = co_await database_.query(
        "SELECT id, job_type, project_id, payload, attempts, max_attempts, lease_token, waited_ms"
        " FROM claim_jobs($1, $2, $3, make_interval(secs => $4))",
        db::params(worker_, types, slots, lease_.count()));
    std::vector<Job> jobs;
    for (const db::Row row : claimed) {
        jobs.push_back(job_of(row));
    }
    co_return jobs;
}

awaitable<std::vector<std::int64_t>> Queue::renew(const Leases &held) {
    co_return ids_of(co_await database_.query("SELECT renew_leases($1, $2, make_interval(secs => $3))",
                                              db::params(held.ids, held.tokens, lease_.count())));
}

awaitable<std::vector<std::int64_t>> Queue::finish(const Leases &held, const std::vector<std::string> &details) {
    std::vector<std::string> storable;
    std::transform(details.begin(), details.end(), std::back_inserter(storable), without_nul);
    co_return ids_of(
        co_await database_.query("SELECT finish_jobs($1, $2, $3)", db::params(held.ids, held.tokens, storable)));
}

awaitable<std::vector<std::int64_t>> Queue::give_back(const Leases &held) {
    co_return ids_of(co_await database_.query("SELECT return_jobs($1, $2)", db::params(held.ids, held.tokens)));
}

awaitable<std::string> Queue::put_off(const Job &job, const Outcome &outcome) {
    const std::string detail = without_nul(outcome.detail);
    if (outcome.kind == Outcome::Kind::kWait) {
        const db::Result result = co_await database_.query(
            "SELECT wait_job($1, $2, make_interval(secs => $3), $4)",
            db::params(job.id, job.token, static_cast<double>(outcome.delay.count()) / 1000, detail));
        co_return std::string(result[0][0].text());
    }
    const db::Result result =
        co_await database_.query("SELECT fail_job($1, $2, $3, $4)",
                                 db::params(job.id, job.token, detail, outcome.kind == Outcome::Kind::kRetry));
    co_return std::string(result[0][0].text());
}

}  // namespace poller::jobs
