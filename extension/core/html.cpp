#include "core/html.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {

std::string escape_html(std::string_view text) {
    std::string result;
    result.reserve(text.size() + text.size() / 8);
    for (const char character : text) {
        switch (character) {
            case '&': result += "&amp;"; break;
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '"': result += "&quot;"; break;
            case '\'': result += "&#39;"; break;
            default: result += character;
        }
    }
    return result;
}

}  // namespace pipeline_forecast
