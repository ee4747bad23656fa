#include "poller/api/forecast_snapshot.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "poller/api/page_cursor.hpp"
#include "poller/api/parameters.hpp"

namespace poller::api {
namespace {

// One statement, so that the number of rows and the rows are of one moment. There is always a first row, which says
// what was selected.
constexpr std::string_view kFirstPage = R"sql(
    SELECT s.snapshot_date, s.stage_bucket, s.total_rows, p.forecast_month, p.project_id, p.document
    FROM forecast_snapshot_selection($1, $2, $3) s
    LEFT JOIN LATERAL forecast_snapshot_page(s.snapshot_date, $2, s.stage_bucket, $4, $5) p ON true
    ORDER BY p.forecast_month, p.project_id
)sql";
// A later page need not count again.
constexpr std::string_view kLaterPage = R"sql(
    SELECT s.snapshot_date, s.stage_bucket, s.total_rows, p.forecast_month, p.project_id, p.document
    FROM (SELECT $1::date AS snapshot_date, $3::text AS stage_bucket, $4::bigint AS total_rows) s
    LEFT JOIN LATERAL forecast_snapshot_page(s.snapshot_date, $2, s.stage_bucket, 0, $5, $6, $7) p ON true
    ORDER BY p.forecast_month, p.project_id
)sql";

struct Request {
    std::optional<std::string> snapshot_date;
    std::optional<std::string> project_id;
    std::optional<std::string> stage_bucket;
    long long offset;
    long long limit;
    std::optional<PageCursor> cursor;
};

// What a cursor was made for may be said again, but not differently.
void require_same(std::string_view name, const std::optional<std::string> &given,
                  const std::optional<std::string> &made_for) {
    if (given && given != made_for) refuse_parameter(name, "left out, or as it was when the cursor was made", *given);
}

std::optional<std::string> lower(const std::optional<std::string> &text) {
    return text ? std::optional(in_lower_case(*text)) : std::nullopt;
}

Request request_in(const Parameters &parameters) {
    Request request{parameters.day("snapshot_date"),
                    parameters.text("project_id"),
                    parameters.text("stage_bucket"),
                    parameters.whole_number("offset", 0, 1'000'000'000).value_or(0),
                    parameters.whole_number("limit", 1, 5000).value_or(1000),
                    std::nullopt};
    const auto text = parameters.text("cursor");
    if (!text) return request;
    request.cursor = PageCursor::parse(*text);
    if (!request.cursor) refuse_parameter("cursor", "the next_cursor of an answer", *text);
    if (request.offset != 0)
        refuse_parameter("offset", "left out where a cursor is given", std::to_string(request.offset));
    require_same("snapshot_date", request.snapshot_date, request.cursor->snapshot_date);
    require_same("project_id", request.project_id, request.cursor->project_id);
    require_same("stage_bucket", lower(request.stage_bucket), lower(request.cursor->stage_bucket));
    request.snapshot_date = request.cursor->snapshot_date;
    request.project_id = request.cursor->project_id;
    request.stage_bucket = request.cursor->stage_bucket;
    return request;
}

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_or_null(const std::optional<std::string> &text) { return text ? json_text(*text) : "null"; }

// A page under way: the connection that it comes from, and the row that was read last.
class Page {
public:
    Page(Request request, db::Pool::Lease connection)
        : request_(std::move(request)), connection_(std::move(connection)) {}

    // The first row, before anything is answered: what fails fails here.
    awaitable<void> start() {
        if (request_.cursor) {
            co_await connection_->start(
                kLaterPage, db::params(request_.snapshot_date, request_.project_id, request_.stage_bucket,
                                       request_.cursor->total_rows, request_.limit + 1, request_.cursor->after_month,
                                       request_.cursor->after_project));
        } else {
            co_await connection_->start(kFirstPage,
                                        db::params(request_.snapshot_date, request_.project_id, request_.stage_bucket,
                                                   request_.offset, request_.limit + 1));
        }
        row_ = co_await connection_->next_row();
        const db::Row first = (*row_)[0];
        if (!first[0].is_null()) request_.snapshot_date = first[0].text();
        request_.stage_bucket = first[1].is_null() ? std::nullopt : std::optional<std::string>(first[1].text());
        total_rows_ = first[2].integer();
        if (first[5].is_null()) row_ = co_await connection_->next_row();
    }

    awaitable<void> write(http::BodyWriter &body) {
        co_await body.write(fmt::format(
            R"({{"source":"pipeline_forecast_snapshot","snapshot_date":{},"project_id":{},"stage_bucket":{},"offset":{},"limit":{},"total_rows":{},"rows":[)",
            json_or_null(request_.snapshot_date), json_or_null(request_.project_id),
            json_or_null(request_.stage_bucket), request_.offset, request_.limit, total_rows_));
        long long written = 0;
        std::optional<std::string> next;
        // One row more than asked for was requested: it tells that there is a next page.
        for (; row_; row_ = co_await connection_->next_row()) {
            const db::Row row = (*row_)[0];
            if (written == request_.limit) {
                next = PageCursor{*request_.snapshot_date,
                                  request_.project_id,
                                  request_.stage_bucket,
                                  total_rows_,
                                  last_month_,
                                  last_project_}
                           .text();
                continue;
            }
            if (written++ > 0) co_await body.write(",");
            co_await body.write(row[5].text());
            last_month_ = row[3].text();
            last_project_ = row[4].text();
        }
        co_await body.write(fmt::format(R"(],"row_count":{},"next_cursor":{}}})", written, json_or_null(next)));
    }

private:
    Request request_;
    db::Pool::Lease connection_;
    std::optional<db::Result> row_;
    long long total_rows_ = 0;
    std::string last_month_;
    std::string last_project_;
};

}  // namespace

void ForecastSnapshot::add_to(Endpoints &endpoints) {
    endpoints.add({http::Verb::get, "/forecast/snapshot", Scope::kRead,
                   [this](http::Request &request) { return answer(request); }});
}

awaitable<http::Response> ForecastSnapshot::answer(http::Request &request) {
    const Parameters parameters(request.target(),
                                {"snapshot_date", "project_id", "stage_bucket", "offset", "limit", "cursor"});
    Request wanted = request_in(parameters);
    const auto page = std::make_shared<Page>(std::move(wanted), co_await database_.acquire());
    co_await page->start();
    http::Response response = http::Response::json(200, "");
    response.headers.emplace_back("Cache-Control", "private, no-store");
    response.stream = [page](http::BodyWriter &body) { return page->write(body); };
    co_return response;
}

}  // namespace poller::api
