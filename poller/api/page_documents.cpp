#include "poller/api/page_documents.hpp"

#include "poller/api/etag.hpp"
#include "poller/api/parameters.hpp"
#include "poller/http/query_string.hpp"

namespace poller::api {
namespace {

// Each of some kilobytes.
constexpr std::size_t kMostKeptDocuments = 64;

}  // namespace

PageDocuments::PageDocuments(db::Pool &database, Readiness::Limits limits)
    : limits_(limits),
      documents_([&database](const Question &question) -> awaitable<std::string> {
          db::Params parameters;
          for (const auto &value : question.values) parameters.add(value);
          const db::Result found = co_await database.query(question.statement, std::move(parameters));
          co_return std::string(found[0][0].text());
      }),
      snapshots_([&database](const int &) -> awaitable<std::string> {
          const db::Result found = co_await database.query(
              "SELECT concat_ws(' ', count(*), max(snapshot_date), max(created_at), pipeline_currency()) FROM "
              "pipeline_forecast_snapshot_day");
          co_return std::string(found[0][0].text());
      }) {}

void PageDocuments::add_to(Endpoints &endpoints) {
    add(endpoints, "/forecast/months", [](http::Request &request) -> Question {
        const Parameters given(request.target(), {"account", "type", "category"});
        return {"SELECT forecast_months_document($1, $2, $3)",
                {given.text("account"), given.text("type"), given.text("category")}};
    });
    add(endpoints, "/forecast/filters", [](http::Request &request) -> Question {
        const Parameters given(request.target(), {"q"});
        return {"SELECT forecast_filters_document(words => $1)", {given.text("q")}};
    });
    add(endpoints, "/forecast/drift", [](http::Request &request) -> Question {
        const Parameters given(request.target(), {"since", "account", "type", "category"});
        const bool of_all = !given.text("account") && !given.text("type") && !given.text("category");
        return {"SELECT forecast_drift_document($1, $2, $3, $4)",
                {given.day("since"), given.text("account"), given.text("type"), given.text("category")},
                of_all};
    });
    add(endpoints, "/forecast/accuracy", [](http::Request &request) -> Question {
        const Parameters given(request.target(), {"account", "category"});
        return {"SELECT forecast_accuracy_document($1, $2)", {given.text("account"), given.text("category")}};
    });
    add(endpoints, "/projects", [](http::Request &request) -> Question {
        const Parameters given(request.target(), {"q"});
        return {"SELECT projects_document($1)", {given.text("q")}};
    });
    add(endpoints, "/projects/{project_id}", [](http::Request &request) -> Question {
        const Parameters none(request.target(), {});
        const std::string &project_id = request.parameter("project_id");
        if (project_id.find('\0') != std::string::npos || !http::is_utf8(project_id)) {
            throw http::HttpError(404, "not_found", "no project has such an id");
        }
        return {"SELECT project_document($1)", {project_id}};
    });
    add(endpoints, "/status", [this](http::Request &request) -> Question {
        const Parameters none(request.target(), {});
        return {"SELECT pipeline_status_document(make_interval(secs => $1), make_interval(secs => $2))",
                {std::to_string(limits_.queue_lag.count()), std::to_string(limits_.board_age.count())}};
    });
}

void PageDocuments::add(Endpoints &endpoints, std::string path, Reader reader) {
    endpoints.add({http::Verb::get, std::move(path), Scope::kRead,
                   [this, reader = std::move(reader)](http::Request &request) { return answer(reader, request); }});
}

awaitable<http::Response> PageDocuments::answer(const Reader &reader, http::Request &request) {
    std::string body = co_await document(reader(request));
    const std::string etag = etag_of(body);
    const bool known = names_etag(request.header("If-None-Match").value_or(""), etag);
    http::Response response = known ? http::Response{304, {}, {}, {}} : http::Response::json(200, std::move(body));
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    co_return response;
}

awaitable<std::string> PageDocuments::document(const Question &question) {
    if (!question.until_next_snapshot) co_return co_await documents_.get(question);
    const std::string snapshots = co_await snapshots_.get(0);
    if (snapshots != kept_snapshots_) {
        kept_snapshots_ = snapshots;
        kept_.clear();
    }
    if (const auto found = kept_.find(question); found != kept_.end()) co_return found->second;
    std::string fresh = co_await documents_.get(question);
    if (snapshots == kept_snapshots_ && kept_.size() < kMostKeptDocuments) kept_.emplace(question, fresh);
    co_return fresh;
}

}  // namespace poller::api
