#include "poller/http/server/request.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <stdexcept>

namespace poller::http {

Request::Request(Message message, std::string remote_address)
    : message_(std::move(message)), remote_address_(std::move(remote_address)) {}

std::string_view Request::method_name() const {
    const auto name = message_.method_string();
    return {name.data(), name.size()};
}

std::string_view Request::target() const {
    const auto target = message_.target();
    return {target.data(), target.size()};
}

std::string_view Request::path() const { return target().substr(0, target().find('?')); }

std::string_view Request::query() const {
    const std::size_t mark = target().find('?');
    return mark == std::string_view::npos ? std::string_view() : target().substr(mark + 1);
}

std::optional<std::string_view> Request::header(std::string_view name) const {
    const auto found = message_.find({name.data(), name.size()});
    if (found == message_.end()) {
        return std::nullopt;
    }
    return std::string_view(found->value().data(), found->value().size());
}

const std::string &Request::parameter(std::string_view name) const {
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [name](const auto &parameter) { return parameter.first == name; });
    if (found == parameters_.end()) {
        throw std::invalid_argument("the route has no parameter " + std::string(name));
    }
    return found->second;
}

void Request::set_parameters(std::vector<std::pair<std::string, std::string>> parameters) {
    parameters_ = std::move(parameters);
}

}  // namespace poller::http
