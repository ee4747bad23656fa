#include "poller/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace poller::cli {
namespace {

constexpr std::size_t kBarWidth = 30;
constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kPlainLine = std::chrono::seconds(10);

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now()) {
    if (!terminal_) {
        next_ += kPlainLine;  // what is done sooner needs no word
    }
}

Progress::~Progress() {
    if (terminal_ && drawn_) {
        fmt::print(stderr, "\n");
    }
}

void Progress::show(std::uint64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_) {
        next_ = now;
        if (terminal_) {
            next_ += kRedraw;
        } else {
            next_ += kPlainLine;
        }
        draw(done);
    }
}

void Progress::finish() {
    if (terminal_) {
        draw(total_);
    }
}

void Progress::draw(std::uint64_t done) {
    std::string line = fmt::format("{} {}", what_, done);
    if (total_ > 0) {
        const std::uint64_t percent = std::min(done, total_) * 100 / total_;
        const std::string bar(kBarWidth * percent / 100, '#');
        line = terminal_ ? fmt::format("{} [{:<{}}] {:3} %", what_, bar, kBarWidth, percent)
                         : fmt::format("{} {} %", what_, percent);
    }
    // Back to the start of the line, and away with what is left of a longer one.
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\x1b[K" : "\n");
    std::fflush(stderr);
    drawn_ = true;
}

}  // namespace poller::cli
