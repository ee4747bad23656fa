#include "poller/api/openapi.hpp"

#include <string>
#include <string_view>

#include "poller/api/etag.hpp"

namespace poller {

extern const std::string_view openapi_document;  // made from openapi.json by embed_text()

namespace api {

void add_openapi_to(Endpoints &endpoints) {
    endpoints.add(
        {http::Verb::get, "/openapi.json", std::nullopt, [](http::Request &request) -> awaitable<http::Response> {
             static const std::string etag = etag_of(openapi_document);
             const bool known = names_etag(request.header("If-None-Match").value_or(""), etag);
             http::Response response =
                 known ? http::Response{304, {}, {}, {}} : http::Response::json(200, std::string(openapi_document));
             response.headers.emplace_back("ETag", etag);
             response.headers.emplace_back("Cache-Control", "no-cache");
             co_return response;
         }});
}

}  // namespace api
}  // namespace poller
