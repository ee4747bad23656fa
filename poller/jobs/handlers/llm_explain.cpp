// llm_explain: gets the analysis of the payload's project_id explained (payload: force).
#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/llm/explainer.hpp"
#include "poller/llm/service.hpp"

namespace poller::jobs {
namespace {

class LlmExplain : public Handler {
public:
    explicit LlmExplain(const Services &services) : services_(services) {}

    awaitable<Outcome> run(const Job &job, std::stop_token stop) override {
        co_return co_await outcome_of(explain(job, std::move(stop)));
    }

private:
    awaitable<std::string> explain(const Job &job, std::stop_token stop) {
        const auto service = llm::configured_service(services_.settings);
        // The numbers stand without an explanation.
        if (!service) co_return "no language model is configured";
        const std::string project = text_of(job, "project_id").value_or(job.project_id.value_or(""));
        if (project.empty()) throw PermanentError("the job names no project");
        llm::Explainer explainer(services_.database, services_.http, *service, std::move(stop));
        co_return co_await explainer.explain(project, flag_of(job, "force"));
    }

    Services services_;
};

}  // namespace

std::unique_ptr<Handler> make_llm_explain(const Services &services) { return std::make_unique<LlmExplain>(services); }

}  // namespace poller::jobs
