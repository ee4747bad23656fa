// GET /forecast/pipeline: the monthly forecast. The database writes the document; it is kept until the next refresh,
// and whoever has it already is told so.
#pragma once

#include <map>
#include <string>

#include "poller/api/endpoint.hpp"
#include "poller/async/coalesced.hpp"
#include "poller/db/pool.hpp"

namespace poller::api {

class ForecastPipeline {
public:
    // The pool outlives it.
    explicit ForecastPipeline(db::Pool &database);

    // It outlives the endpoints' use.
    void add_to(Endpoints &endpoints);

private:
    struct Document {
        std::string etag;
        std::string body;
    };
    struct Question {
        int months;
        std::optional<std::string> as_of_month;
        std::optional<std::string> stage_bucket;  // in lower case

        auto operator<=>(const Question &) const = default;
    };

    [[nodiscard]] awaitable<http::Response> answer(http::Request &request);
    [[nodiscard]] awaitable<Document> document(const Question &question);

    db::Pool &database_;
    Coalesced<int, std::string> version_;
    Coalesced<Question, Document> documents_;
    std::string kept_version_;
    std::map<Question, Document> kept_;
};

}  // namespace poller::api
