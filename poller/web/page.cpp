#include "poller/web/page.hpp"

#include <string>
#include <string_view>

#include "poller/api/etag.hpp"
#include "poller/web/embedded_file.hpp"

namespace poller {

extern const std::span<const EmbeddedFile> page_files;  // made from poller/web/assets by embed_folder()

namespace web {
namespace {

// Nothing but what comes from here; no inline script or style, no frame around it.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view name) {
    if (name.ends_with(".html")) return "text/html; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    return "text/javascript; charset=utf-8";
}

http::Response answer(const EmbeddedFile &file, std::string_view etag, const http::Request &request) {
    const bool known = api::names_etag(request.header("If-None-Match").value_or(""), etag);
    http::Response response;
    if (known) {
        response.status = 304;
    } else {
        response.headers.emplace_back("Content-Type", type_of(file.name));
        response.body = file.content;
    }
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", "no-cache");
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    return response;
}

}  // namespace

void add_page_to(api::Endpoints &endpoints) {
    for (const EmbeddedFile &file : page_files) {
        std::string path = file.name == "index.html" ? "/" : "/web/" + std::string(file.name);
        endpoints.add({http::Verb::get, std::move(path), std::nullopt,
                       [&file, etag = api::etag_of(file.content)](http::Request &request) -> awaitable<http::Response> {
                           co_return answer(file, etag, request);
                       }});
    }
}

}  // namespace web
}  // namespace poller
