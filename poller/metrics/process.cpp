#include "poller/metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace poller::metrics {
namespace {

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator entries("/proc/self/fd", error);
    return static_cast<double>(std::distance(begin(entries), end(entries)));
}

}  // namespace

void update_process_metrics(Registry &registry) {
    static const double started =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    registry.gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.").set(started);
    registry.gauge("process_resident_memory_bytes", "Resident memory.").set(resident_bytes());
    registry.counter("process_cpu_seconds_total", "Processor time, in user and system mode.").raise_to(cpu_seconds());
    registry.gauge("process_open_fds", "Open file descriptors.").set(open_descriptors());
}

}  // namespace poller::metrics
