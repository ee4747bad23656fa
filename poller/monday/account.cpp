#include "poller/monday/account.hpp"

#include "poller/config/settings.hpp"
#include "poller/errors.hpp"

namespace poller::monday {

Account account_of(const Settings &settings) {
    if (settings.monday_api_key.empty()) {
        throw ConfigError("MONDAY_API_KEY is not set",
                          {"", "", "It is the token of the account whose boards are read."});
    }
    return {settings.monday_api_url, settings.monday_api_key, settings.monday_api_version};
}

}  // namespace poller::monday
