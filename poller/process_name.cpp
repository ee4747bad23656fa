#include "poller/process_name.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace poller {

std::string process_name() {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) {
        return fmt::format("/{}", getpid());
    }
    return fmt::format("{}/{}", host.data(), getpid());
}

}  // namespace poller
