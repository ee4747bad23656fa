// Whose boards are worked on.
#pragma once

#include <string>

namespace poller {
struct Settings;
}

namespace poller::monday {

struct Account {
    std::string url;
    std::string token;
    std::string version;  // of the API: an answer in another one is not believed
};

// ConfigError without MONDAY_API_KEY.
[[nodiscard]] Account account_of(const Settings &settings);

}  // namespace poller::monday
