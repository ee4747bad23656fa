// Which handler answers which method and path.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "poller/asio.hpp"
#include "poller/http/server/request.hpp"
#include "poller/http/server/response.hpp"

namespace poller::http {

using Handler = std::function<awaitable<Response>(Request &)>;

struct Route {
    Verb method;
    std::string pattern;  // "/analysis/{project_id}/run"; {name} stands for one part of a path
    Handler handler;
    std::size_t body_limit;
};

class Router {
public:
    // A GET route answers HEAD as well. The order in which routes were added counts.
    void add(Verb method, std::string pattern, Handler handler, std::size_t body_limit = 64 * 1024);

    using Parameters = std::vector<std::pair<std::string, std::string>>;
    struct Match {
        const Route *route;
        Parameters parameters;
    };
    struct NotFound {};
    struct NotAllowed {
        std::string allow;  // the methods that the path has
    };
    [[nodiscard]] std::variant<Match, NotFound, NotAllowed> find(Verb method, std::string_view path) const;

    [[nodiscard]] const std::vector<Route> &routes() const noexcept { return routes_; }

private:
    std::vector<Route> routes_;
};

}  // namespace poller::http
