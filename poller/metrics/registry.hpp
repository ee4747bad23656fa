// What the program counts and measures, in the text format of Prometheus (version 0.0.4). One thread; nothing is
// locked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace poller::metrics {

// Only goes up.
class Counter {
public:
    void add(double amount = 1) { value_ += amount; }
    // For what is counted elsewhere; a smaller total is ignored.
    void raise_to(double total) { value_ = std::max(value_, total); }
    [[nodiscard]] double value() const { return value_; }

private:
    double value_ = 0;
};

class Gauge {
public:
    void set(double value) { value_ = value; }
    void add(double amount) { value_ += amount; }
    [[nodiscard]] double value() const { return value_; }

private:
    double value_ = 0;
};

// How many observations were at most each bound, their number and their sum.
class Histogram {
public:
    explicit Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

    void observe(double value);

    [[nodiscard]] const std::vector<double> &bounds() const { return bounds_; }
    // By bucket, not cumulated; the last one counts what is above every bound.
    [[nodiscard]] const std::vector<std::uint64_t> &counts() const { return counts_; }
    [[nodiscard]] double sum() const { return sum_; }

private:
    std::vector<double> bounds_;
    std::vector<std::uint64_t> counts_;
    double sum_ = 0;
};

// From 0.5 ms to a minute: for what waits for a database or a network.
[[nodiscard]] std::vector<double> seconds_bounds();

using Labels = std::vector<std::pair<std::string, std::string>>;

class Registry {
public:
    // The series of this name and these labels, made when it is first asked for; the reference stays good. Keep it
    // where it is used often. Labels take values from small, fixed sets only: each new value is kept for ever. Error
    // std::logic_error for a name that Prometheus does not take, and for one that is in use for another kind.
    Counter &counter(std::string_view name, std::string_view help, Labels labels = {});
    Gauge &gauge(std::string_view name, std::string_view help, Labels labels = {});
    Histogram &histogram(std::string_view name, std::string_view help, const std::vector<double> &bounds,
                         Labels labels = {});

    // Forgets the series of a gauge, before those that still exist are set again.
    void clear(std::string_view gauge);

    [[nodiscard]] std::string exposition() const;
    static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

private:
    using Series = std::variant<Counter, Gauge, Histogram>;
    struct Family {
        std::string help;
        std::string_view kind;
        std::map<Labels, std::unique_ptr<Series>> series;
    };

    template <typename Kind>
    Kind &series(std::string_view name, std::string_view help, std::string_view kind, Labels labels, Kind fresh);

    std::map<std::string, Family, std::less<>> families_;
};

}  // namespace poller::metrics
