// How the JSON documents of a Power BI project are written, and where their schemas are.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace poller::powerbi {

[[nodiscard]] std::string document(const nlohmann::ordered_json &content);
// "item/report/definition/page/1.0.0": the address of that schema.
[[nodiscard]] std::string schema(std::string_view path);

}  // namespace poller::powerbi
