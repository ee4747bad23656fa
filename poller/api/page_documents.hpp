// The documents that the page is drawn from, and whatever else asks for them: the database writes each, here it is
// passed on. Those who ask the same at the same time share one question to the database. What moved all projects since
// a day is kept until the next snapshot, since it is compared from two whole ones.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "poller/api/endpoint.hpp"
#include "poller/async/coalesced.hpp"
#include "poller/db/pool.hpp"
#include "poller/health/readiness.hpp"

namespace poller::api {

class PageDocuments {
public:
    // The pool outlives it. limits: from when on the status calls the queue or a board late.
    PageDocuments(db::Pool &database, Readiness::Limits limits);

    // It outlives the endpoints' use.
    void add_to(Endpoints &endpoints);

private:
    // A statement with one JSON column and one row, and its parameters.
    struct Question {
        std::string_view statement;
        std::vector<std::optional<std::string>> values;
        bool until_next_snapshot = false;  // whether the answer holds until then

        auto operator<=>(const Question &) const = default;
    };
    using Reader = std::function<Question(http::Request &)>;

    void add(Endpoints &endpoints, std::string path, Reader reader);
    [[nodiscard]] awaitable<http::Response> answer(const Reader &reader, http::Request &request);
    [[nodiscard]] awaitable<std::string> document(const Question &question);

    Readiness::Limits limits_;
    Coalesced<Question, std::string> documents_;
    Coalesced<int, std::string> snapshots_;  // changes with every snapshot, and with the currency
    std::string kept_snapshots_;
    std::map<Question, std::string> kept_;
};

}  // namespace poller::api
