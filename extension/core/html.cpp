#include "core/html.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {

std::string escape_html(std::string_view text) {
    std::string result;
    result.reserve(text.size() + text.size() / 8);
    std::size_t copied = 0;
    const auto replace = [&](std::size_t position, std::string_view escape) {
        result.append(text.substr(copied, position - copied)).append(escape);
        copied = position + 1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        switch (text[i]) {
            case '&': replace(i, "&amp;"); break;
            case '<': replace(i, "&lt;"); break;
            case '>': replace(i, "&gt;"); break;
            case '"': replace(i, "&quot;"); break;
            case '\'': replace(i, "&#39;"); break;
            default: break;
        }
    }
    return result.append(text.substr(copied));
}

}  // namespace pipeline_forecast
