#include "poller/http/query_string.hpp"

#include <algorithm>

#include "poller/http/percent.hpp"

namespace poller::http {
namespace {

// The bytes that follow a leading byte, and the range of the first of them: it rules out overlong forms, surrogates and
// what lies beyond U+10FFFF (Unicode, table 3-7).
struct Sequence {
    std::size_t following;
    unsigned char first_low = 0x80;
    unsigned char first_high = 0xBF;
};

std::optional<Sequence> sequence_of(unsigned char lead) {
    if (lead < 0x80) return Sequence{0};
    if (lead < 0xC2) return std::nullopt;
    if (lead < 0xE0) return Sequence{1};
    if (lead == 0xE0) return Sequence{2, 0xA0, 0xBF};
    if (lead == 0xED) return Sequence{2, 0x80, 0x9F};
    if (lead < 0xF0) return Sequence{2};
    if (lead == 0xF0) return Sequence{3, 0x90, 0xBF};
    if (lead < 0xF4) return Sequence{3};
    if (lead == 0xF4) return Sequence{3, 0x80, 0x8F};
    return std::nullopt;
}

std::string decoded(std::string text) {
    std::replace(text.begin(), text.end(), '+', ' ');
    std::optional<std::string> decoded = percent_decode(text);
    if (!decoded) throw QueryError("a percent sign in the address is not followed by two hexadecimal digits");
    if (decoded->find('\0') != std::string::npos) throw QueryError("the address holds a NUL character");
    if (!is_utf8(*decoded)) throw QueryError("the address is not UTF-8");
    return std::move(*decoded);
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto sequence = sequence_of(static_cast<unsigned char>(text[i++]));
        if (!sequence || text.size() - i < sequence->following) return false;
        for (std::size_t k = 0; k < sequence->following; ++k) {
            const auto byte = static_cast<unsigned char>(text[i++]);
            const bool fits =
                k == 0 ? byte >= sequence->first_low && byte <= sequence->first_high : byte >= 0x80 && byte <= 0xBF;
            if (!fits) return false;
        }
    }
    return true;
}

QueryString QueryString::parse(std::string_view target) {
    if (target.size() > kLongestTarget) {
        throw QueryError("the address has more than " + std::to_string(kLongestTarget) + " bytes");
    }
    QueryString query;
    target = target.substr(0, target.find('#'));
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return query;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        const std::string_view pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (pair.empty()) continue;
        if (query.parameters_.size() == kMostParameters) {
            throw QueryError("the address has more than " + std::to_string(kMostParameters) + " parameters");
        }
        const std::size_t sign = pair.find('=');
        const std::string_view value = sign == std::string_view::npos ? std::string_view() : pair.substr(sign + 1);
        query.parameters_.emplace_back(decoded(std::string(pair.substr(0, sign))), decoded(std::string(value)));
    }
    return query;
}

std::optional<std::string_view> QueryString::get(std::string_view name) const {
    std::optional<std::string_view> found;
    for (const auto &[key, value] : parameters_) {
        if (key != name) continue;
        if (found) throw QueryError("parameter \"" + key + "\" stands more than once");
        found = value;
    }
    return found;
}

}  // namespace poller::http
