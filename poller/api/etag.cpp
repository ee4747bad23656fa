#include "poller/api/etag.hpp"

#include "poller/crypto/encoding.hpp"

namespace poller::api {

std::string etag_of(std::string_view what_determines_it) {
    return '"' + to_hex(sha256(what_determines_it)).substr(0, 32) + '"';
}

bool names_etag(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view entry = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
        entry.remove_prefix(std::min(entry.find_first_not_of(' '), entry.size()));
        entry = entry.substr(0, entry.find_last_not_of(' ') + 1);
        // The comparison is weak: an intermediary may have marked the tag so.
        if (entry.starts_with("W/")) entry.remove_prefix(2);
        if (entry == etag || entry == "*") return true;
    }
    return false;
}

}  // namespace poller::api
