#include "poller/http/server/head_rules.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace poller::http {
namespace {

using boost::beast::http::field;

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHostCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=%";
constexpr std::string_view kLiteralCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:";

[[nodiscard]] bool consists_of(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == std::string_view::npos;
}

[[nodiscard]] std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

[[nodiscard]] std::string_view without_blanks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "HTTP/1.1" at the end of the line, where there is anything of that form.
[[nodiscard]] std::optional<std::string_view> version_in(std::string_view line) {
    constexpr std::string_view kForm = " HTTP/d.d";
    if (line.size() < kForm.size()) return std::nullopt;
    const std::string_view end = line.substr(line.size() - kForm.size());
    if (!end.starts_with(" HTTP/") || !consists_of(end.substr(6, 1), kDigits) || end[7] != '.' ||
        !consists_of(end.substr(8), kDigits)) {
        return std::nullopt;
    }
    return end.substr(1);
}

[[nodiscard]] std::optional<Refused> refuse_host(const Request::Message &head) {
    const auto count = head.count(field::host);
    if (count > 1) return Refused{400, "bad_request", "the request has more than one Host"};
    if (count == 0 && head.version() >= 11) return Refused{400, "bad_request", "the request has no Host"};
    const auto host = head[field::host];
    if (!is_host({host.data(), host.size()})) return Refused{400, "bad_request", "Host is not a host with a port"};
    return std::nullopt;
}

// The one coding that is understood is "chunked", alone. The parser takes a request with another for one without body,
// and what follows for the next request.
[[nodiscard]] std::optional<Refused> refuse_transfer_coding(const Request::Message &head) {
    const auto [first, last] = head.equal_range(field::transfer_encoding);
    if (first == last) return std::nullopt;
    if (head.version() < 11) return Refused{400, "bad_request", "HTTP/1.0 has no Transfer-Encoding"};
    if (std::next(first) != last) return Refused{400, "bad_request", "the request has more than one Transfer-Encoding"};
    const std::string codings = lower({first->value().data(), first->value().size()});
    const std::size_t comma = codings.rfind(',');
    const std::string_view final_one = without_blanks(
        comma == std::string::npos ? std::string_view(codings) : std::string_view(codings).substr(comma + 1));
    if (final_one != "chunked") {
        return Refused{400, "bad_request", "the last coding of Transfer-Encoding has to be chunked"};
    }
    if (comma != std::string::npos) {
        return Refused{501, "not_implemented", "no transfer coding but chunked is understood"};
    }
    return std::nullopt;
}

[[nodiscard]] std::optional<Refused> refuse_target(const Request::Message &head) {
    const std::string_view target(head.target().data(), head.target().size());
    if (target.find('#') != std::string_view::npos) {
        return Refused{400, "bad_request", "the target of a request has no fragment"};
    }
    if (target.starts_with('/') || (target == "*" && head.method() == Verb::options) || absolute_form(target)) {
        return std::nullopt;
    }
    return Refused{400, "bad_request", "the target has to be /path?query, or http://host/path?query"};
}

}  // namespace

std::optional<Refused> refuse_version(std::string_view request_line) {
    const auto version = version_in(request_line);
    if (!version || version->starts_with("HTTP/1.")) return std::nullopt;
    return Refused{505, "version_not_supported", "this server speaks HTTP/1.1"};
}

bool has_later_minor_version(std::string_view request_line) {
    const auto version = version_in(request_line);
    return version && version->starts_with("HTTP/1.") && version->back() > '1';
}

std::optional<Refused> refuse_head(const Request::Message &head) {
    if (head.method() == Verb::unknown || head.method() == Verb::connect) {
        return Refused{501, "not_implemented", "this method is not known here"};
    }
    for (const auto refuse : {refuse_transfer_coding, refuse_host, refuse_target}) {
        if (auto refused = refuse(head)) return refused;
    }
    return std::nullopt;
}

std::optional<AbsoluteForm> absolute_form(std::string_view target) {
    constexpr std::array<std::string_view, 2> kSchemes = {"http://", "https://"};
    const auto *scheme = std::find_if(kSchemes.begin(), kSchemes.end(), [&](std::string_view each) {
        return lower(target.substr(0, each.size())) == each;
    });
    if (scheme == kSchemes.end()) return std::nullopt;
    target.remove_prefix(scheme->size());
    const std::string_view host = target.substr(0, target.find_first_of("/?"));
    // Whoever hides the host behind a user's name is up to no good.
    if (host.empty() || host.starts_with(':') || !is_host(host)) return std::nullopt;
    target.remove_prefix(host.size());
    return AbsoluteForm{std::string(host), (target.starts_with('/') ? "" : "/") + std::string(target)};
}

bool is_host(std::string_view text) {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || end == 1 || !consists_of(text.substr(1, end - 1), kLiteralCharacters)) {
            return false;
        }
        port = text.substr(end + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        if (!consists_of(text.substr(0, colon), kHostCharacters)) return false;
        port = text.substr(colon);
    }
    return port.empty() || (port.starts_with(':') && consists_of(port.substr(1), kDigits));
}

}  // namespace poller::http
