// Any bytes as the target of a request: what is read, written again, is read as the same.
#include <cstdint>

#include "poller/http/query_string.hpp"
#include "require.hpp"

namespace {

using namespace poller::http;

std::string encoded(const std::string &text) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view target(reinterpret_cast<const char *>(data), size);
    try {
        const QueryString query = QueryString::parse(target);
        require(query.parameters().size() <= QueryString::kMostParameters, "the number of parameters is bounded");
        std::string again = "/?";
        for (const auto &[name, value] : query.parameters()) {
            require(is_utf8(name) && is_utf8(value), "parameters are UTF-8");
            require((name + value).find('\0') == std::string::npos, "parameters hold no NUL");
            again += encoded(name) + '=' + encoded(value) + '&';
        }
        if (again.size() <= QueryString::kLongestTarget) {
            require(QueryString::parse(again).parameters() == query.parameters(), "what is written is read again");
        }
    } catch (const QueryError &error) {
        require(error.what()[0] != '\0', "an error says what is wrong");
    }
    return 0;
}
