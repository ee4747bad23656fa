#include "poller/api/forecast_pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "poller/api/etag.hpp"
#include "poller/api/parameters.hpp"

namespace poller::api {
namespace {

// Each of some kilobytes; there are 12 · 4 for a month that is asked for, and few months make sense.
constexpr std::size_t kMostKeptQuestions = 256;

}  // namespace

ForecastPipeline::ForecastPipeline(db::Pool &database)
    : database_(database),
      version_([this](const int &) -> awaitable<std::string> {
          const db::Result found = co_await database_.query("SELECT forecast_pipeline_version()");
          co_return std::string(found[0][0].text());
      }),
      documents_([this](const Question &question) { return document(question); }) {}

void ForecastPipeline::add_to(Endpoints &endpoints) {
    endpoints.add({http::Verb::get, "/forecast/pipeline", Scope::kRead,
                   [this](http::Request &request) { return answer(request); }});
}

awaitable<http::Response> ForecastPipeline::answer(http::Request &request) {
    const Parameters parameters(request.target(), {"months", "as_of_month", "stage_bucket"});
    Question question{static_cast<int>(parameters.whole_number("months", 1, 12).value_or(12)),
                      parameters.day("as_of_month"), parameters.text("stage_bucket")};
    if (question.stage_bucket) question.stage_bucket = in_lower_case(*question.stage_bucket);

    const std::string version = co_await version_.get(0);
    if (version != kept_version_) {
        kept_version_ = version;
        kept_.clear();
    }
    auto found = kept_.find(question);
    Document fresh;
    if (found == kept_.end()) fresh = co_await documents_.get(question);
    const Document &document = found == kept_.end() ? fresh : found->second;

    http::Response response;
    const bool known = names_etag(request.header("If-None-Match").value_or(""), document.etag);
    response = known ? http::Response{304, {}, {}, {}} : http::Response::json(200, document.body);
    response.headers.emplace_back("ETag", document.etag);
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    co_return response;
}

awaitable<ForecastPipeline::Document> ForecastPipeline::document(const Question &question) {
    // In one statement, so that a refresh in between cannot give a document the version of another.
    const db::Result found =
        co_await database_.query("SELECT forecast_pipeline_version(), forecast_pipeline_document($1, $2, $3)",
                                 db::params(question.months, question.as_of_month, question.stage_bucket));
    const std::string version(found[0][0].text());
    Document document{etag_of(fmt::format("{}|{}|{}|{}", version, question.months, question.as_of_month.value_or(""),
                                          question.stage_bucket.value_or(""))),
                      std::string(found[0][1].text())};
    if (version == kept_version_ && kept_.size() < kMostKeptQuestions) kept_.emplace(question, document);
    co_return document;
}

}  // namespace poller::api
