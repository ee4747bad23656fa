#include "poller/api/access.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <string_view>

#include "poller/api/key.hpp"
#include "poller/http/server/response.hpp"

namespace poller::api {
namespace {

constexpr std::size_t kLongestKey = 512;

std::string_view name_of(Scope scope) {
    switch (scope) {
        case Scope::kRead: return "read";
        case Scope::kRun: return "run";
        case Scope::kAdmin: return "admin";
    }
    return "admin";
}

// Nothing where the header is missing or of another kind.
std::optional<std::string_view> bearer_key(const http::Request &request) {
    const std::string_view value = request.header("Authorization").value_or("");
    if (!value.starts_with("Bearer ") && !value.starts_with("bearer ")) return std::nullopt;
    return value.substr(std::min(value.find_first_not_of(' ', 7), value.size()));
}

bool is_loopback(std::string_view address) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(std::string(address), error);
    return !error && parsed.is_loopback();
}

// What a browser was made to ask by a page from elsewhere names another host.
bool names_this_machine(std::string_view host) {
    const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
    const std::string_view name = host.substr(0, end);
    return name == "localhost" || name == "[::1]" || is_loopback(name);
}

}  // namespace

Access::Access(db::Pool &database, http::RateLimiter &strangers, bool behind_proxy)
    : strangers_(strangers),
      behind_proxy_(behind_proxy),
      keys_(database),
      is_unused_([&database](const int &) -> awaitable<bool> {
          const db::Result found = co_await database.query("SELECT NOT EXISTS (SELECT FROM api_key)");
          co_return found[0][0].boolean();
      }) {}

bool Access::comes_from_here(const http::Request &request) const {
    return !behind_proxy_ && is_loopback(request.remote_address()) && !request.header("X-Forwarded-For") &&
           !request.header("Forwarded") && names_this_machine(request.header("Host").value_or(""));
}

awaitable<void> Access::require(const http::Request &request, Scope scope) {
    const auto key = bearer_key(request);
    if (key && !key->empty() && key->size() <= kLongestKey) {
        if (const KeyLookup::Scopes scopes = co_await keys_.scopes_of(api_key_hash(*key))) {
            const std::string list = ',' + *scopes + ',';
            const auto has = [&](std::string_view name) {
                return list.find(',' + std::string(name) + ',') != std::string::npos;
            };
            if (has(name_of(scope)) || has("admin")) co_return;
            throw http::HttpError(403, "insufficient_scope", "this key lacks the scope " + std::string(name_of(scope)));
        }
    }
    if (!key && scope == Scope::kRead && comes_from_here(request) && co_await is_unused_.get(0)) co_return;
    if (!strangers_.take(request.remote_address(), std::chrono::steady_clock::now())) {
        throw http::HttpError(429, "too_many_requests", "too many requests without a valid key");
    }
    throw http::HttpError(401, "unauthorized",
                          key ? "the key is not known, or was revoked"
                              : "a key is needed: Authorization: Bearer KEY (pipeline-poller keys add makes one)");
}

}  // namespace poller::api
