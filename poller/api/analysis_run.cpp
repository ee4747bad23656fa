#include "poller/api/analysis_run.hpp"

#include "poller/api/parameters.hpp"
#include "poller/http/query_string.hpp"

namespace poller::api {

void AnalysisRun::add_to(Endpoints &endpoints) {
    endpoints.add({http::Verb::post, "/analysis/{project_id}/run", Scope::kRun,
                   [this](http::Request &request) { return answer(request); }});
}

awaitable<http::Response> AnalysisRun::answer(http::Request &request) {
    const Parameters parameters(request.target(), {"with_llm"});
    const bool with_llm = parameters.flag("with_llm");
    const std::string &project_id = request.parameter("project_id");
    if (project_id.find('\0') != std::string::npos || !http::is_utf8(project_id)) {
        throw http::HttpError(404, "not_found", "no project has such an id");
    }
    const db::Result found =
        co_await database_.query("SELECT to_json(a) FROM analyze_project($1) a", db::params(project_id));
    std::string result(found[0][0].text());
    if (with_llm && explains_) {
        // Not as a job of the project, which may be read and analysed meanwhile; soon, since somebody asked.
        co_await database_.query(
            "SELECT enqueue_job('llm_explain', payload => jsonb_build_object('project_id', $1::text), priority => 20)",
            db::params(project_id));
    }
    co_return http::Response::json(200, R"({"success":true,"result":)" + result + "}");
}

}  // namespace poller::api
