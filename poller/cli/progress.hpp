// How far a command has come: a bar on a terminal, a plain line now and then elsewhere. Goes to standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace poller::cli {

class Progress {
public:
    // what: "Reading projects.csv". total: of what show() counts; 0 if it is not known.
    Progress(std::string what, std::uint64_t total);
    // Leaves the line of the bar, so that what is written next starts on its own.
    ~Progress();
    Progress(const Progress &) = delete;
    Progress &operator=(const Progress &) = delete;

    void show(std::uint64_t done);
    void finish();

private:
    void draw(std::uint64_t done);

    std::string what_;
    std::uint64_t total_;
    bool terminal_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace poller::cli
