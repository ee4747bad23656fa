// A request as its handler sees it.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poller::http {

using Verb = boost::beast::http::verb;

class Request {
public:
    using Message = boost::beast::http::request<boost::beast::http::string_body>;

    Request(Message message, std::string remote_address);

    [[nodiscard]] Verb method() const { return message_.method(); }
    [[nodiscard]] std::string_view method_name() const;
    [[nodiscard]] std::string_view target() const;  // path and query as they were sent
    [[nodiscard]] std::string_view path() const;    // the part before ?, not decoded
    [[nodiscard]] std::string_view query() const;   // the part after ?, not decoded; empty if there is none
    // The first header of that name, in any case; nothing if there is none.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    [[nodiscard]] const std::string &body() const { return message_.body(); }
    [[nodiscard]] std::string take_body() { return std::move(message_.body()); }
    // The client's address; behind a proxy that is configured, the one that the proxy names.
    [[nodiscard]] const std::string &remote_address() const { return remote_address_; }
    [[nodiscard]] bool keep_alive() const { return message_.keep_alive(); }
    [[nodiscard]] bool http_1_0() const { return message_.version() < 11; }

    // The part of the path that a {name} in the route's pattern stands for, decoded. std::invalid_argument if the
    // pattern has no such name.
    [[nodiscard]] const std::string &parameter(std::string_view name) const;
    void set_parameters(std::vector<std::pair<std::string, std::string>> parameters);

private:
    Message message_;
    std::string remote_address_;
    std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace poller::http
