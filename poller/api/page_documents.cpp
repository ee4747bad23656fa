#include "poller/api/page_documents.hpp"

#include "poller/api/etag.hpp"
#include "poller/api/parameters.hpp"
#include "poller/http/query_string.hpp"

namespace poller::api {

PageDocuments::PageDocuments(db::Pool &database, Readiness::Limits limits)
    : limits_(limits), documents_([&database](const Question &question) -> awaitable<std::string> {
          db::Params parameters;
          for (const auto &value : question.values) parameters.add(value);
          const db::Result found = co_await database.query(question.statement, std::move(parameters));
          co_return std::string(found[0][0].text());
      }) {}

void PageDocuments::add_to(Endpoints &endpoints) {
    add(endpoints, "/forecast/months", [](http::Request &request) -> Question {
        const Parameters given(request.target(), {"account", "type", "category"});
        return {"SELECT forecast_months_document($1, $2, $3)",
                {given.text("account"), given.text("type"), given.text("category")}};
    });
    add(endpoints, "/forecast/filters", [](http::Request &request) -> Question {
        const Parameters none(request.target(), {});
        return {"SELECT forecast_filters_document()", {}};
    });
    add(endpoints, "/forecast/drift", [](http::Request &request) -> Question {
        const Parameters given(request.target(), {"since", "account", "type", "category"});
        return {"SELECT forecast_drift_document($1, $2, $3, $4)",
                {given.day("since"), given.text("account"), given.text("type"), given.text("category")}};
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
    std::string document = co_await documents_.get(reader(request));
    const std::string etag = etag_of(document);
    const bool known = names_etag(request.header("If-None-Match").value_or(""), etag);
    http::Response response = known ? http::Response{304, {}, {}, {}} : http::Response::json(200, std::move(document));
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    co_return response;
}

}  // namespace poller::api
