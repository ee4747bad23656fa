// What every operation of the REST interface has in common: who may use it, which pages of other origins may read it,
// and how what goes wrong is answered.
#pragma once

#include <string>
#include <vector>

#include "poller/api/access.hpp"
#include "poller/http/server/router.hpp"

namespace poller::api {

struct Operation {
    http::Verb method;
    std::string path;
    std::optional<Scope> scope;  // none: open to everybody
    http::Handler handler;
};

class Endpoints {
public:
    // Router and access outlive it, and it outlives the router's use. origins: those whose pages may read answers
    // (https://reports.example.com); none by default.
    Endpoints(http::Router &router, Access &access, std::vector<std::string> origins);

    void add(Operation operation);

private:
    [[nodiscard]] awaitable<http::Response> answer(const Operation &operation, http::Request &request);
    [[nodiscard]] http::Response preflight(const http::Request &request, std::string_view method) const;
    // Nothing unless the request comes from a page of a named origin.
    [[nodiscard]] std::optional<std::string_view> named_origin(const http::Request &request) const;

    http::Router &router_;
    Access &access_;
    std::vector<std::string> origins_;
};

}  // namespace poller::api
