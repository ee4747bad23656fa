// Where a person finds this process: "host/4711".
#pragma once

#include <string>

namespace poller {

[[nodiscard]] std::string process_name();

}  // namespace poller
