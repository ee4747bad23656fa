#include "poller/metrics/registry.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace poller::metrics {
namespace {

TEST(MetricsRegistry, CountersAndGaugesByLabel) {
    Registry registry;
    registry.counter("events_total", "Events.", {{"outcome", "stored"}}).add();
    registry.counter("events_total", "Events.", {{"outcome", "stored"}}).add(2);
    registry.counter("events_total", "Events.", {{"outcome", "duplicate"}});
    registry.gauge("depth", "Open jobs.").set(2.5);
    EXPECT_EQ(registry.exposition(),
              "# HELP depth Open jobs.\n"
              "# TYPE depth gauge\n"
              "depth 2.5\n"
              "# HELP events_total Events.\n"
              "# TYPE events_total counter\n"
              "events_total{outcome=\"duplicate\"} 0\n"
              "events_total{outcome=\"stored\"} 3\n");
}

TEST(MetricsRegistry, HistogramsAreCumulated) {
    Registry registry;
    Histogram &histogram = registry.histogram("seconds", "Time.", {0.25, 1}, {{"job", "refresh"}});
    for (const double seconds : {0.125, 0.25, 0.5, 7.0}) histogram.observe(seconds);
    EXPECT_EQ(registry.exposition(),
              "# HELP seconds Time.\n"
              "# TYPE seconds histogram\n"
              "seconds_bucket{job=\"refresh\",le=\"0.25\"} 2\n"
              "seconds_bucket{job=\"refresh\",le=\"1\"} 3\n"
              "seconds_bucket{job=\"refresh\",le=\"+Inf\"} 4\n"
              "seconds_sum{job=\"refresh\"} 7.875\n"
              "seconds_count{job=\"refresh\"} 4\n");
}

TEST(MetricsRegistry, TextIsEscaped) {
    Registry registry;
    registry.gauge("g", "a\\b\n\"c\"", {{"l", "x\\y\n\"z\""}}).set(1);
    EXPECT_EQ(registry.exposition(),
              "# HELP g a\\\\b\\n\"c\"\n"
              "# TYPE g gauge\n"
              "g{l=\"x\\\\y\\n\\\"z\\\"\"} 1\n");
}

TEST(MetricsRegistry, NumbersKeepTheirValue) {
    Registry registry;
    Gauge &gauge = registry.gauge("g", "G.");
    const auto line = [&](double value) {
        gauge.set(value);
        const std::string text = registry.exposition();
        return text.substr(text.rfind("g ") + 2);
    };
    EXPECT_EQ(line(0.1), "0.1\n");
    EXPECT_EQ(line(0.0005), "0.0005\n");
    EXPECT_EQ(line(3), "3\n");
    EXPECT_EQ(line(1e21), "1e+21\n");
    EXPECT_EQ(line(123456789), "123456789\n");
    EXPECT_EQ(line(-0.5), "-0.5\n");
    EXPECT_EQ(line(std::numeric_limits<double>::infinity()), "+Inf\n");
    EXPECT_EQ(line(-std::numeric_limits<double>::infinity()), "-Inf\n");
    EXPECT_EQ(line(std::numeric_limits<double>::quiet_NaN()), "NaN\n");
}

TEST(MetricsRegistry, ASeriesIsOneWhateverTheOrderOfItsLabels) {
    Registry registry;
    Counter &first = registry.counter("c", "C.", {{"a", "1"}, {"b", "2"}});
    Counter &second = registry.counter("c", "C.", {{"b", "2"}, {"a", "1"}});
    EXPECT_EQ(&first, &second);
}

TEST(MetricsRegistry, ACounterNeverFalls) {
    Counter counter;
    counter.raise_to(5);
    counter.raise_to(3);
    counter.add(0.5);
    EXPECT_EQ(counter.value(), 5.5);
}

TEST(MetricsRegistry, AGaugeForgetsWhatIsGone) {
    Registry registry;
    registry.gauge("queue_depth", "Q.", {{"job_type", "old"}}).set(1);
    registry.counter("c", "C.").add();
    registry.clear("queue_depth");
    registry.clear("c");
    registry.clear("never_there");
    EXPECT_EQ(registry.exposition(), "# HELP c C.\n# TYPE c counter\nc 1\n");
}

TEST(MetricsRegistry, MistakesOfTheProgramAreRefused) {
    Registry registry;
    registry.counter("c", "C.");
    EXPECT_THROW(registry.gauge("c", "C."), std::logic_error);
    EXPECT_THROW(registry.counter("1c", "C."), std::logic_error);
    EXPECT_THROW(registry.counter("", "C."), std::logic_error);
    EXPECT_THROW(registry.counter("c d", "C."), std::logic_error);
    EXPECT_THROW(registry.counter("c", "C.", {{"a:b", "1"}}), std::logic_error);
    EXPECT_THROW(registry.histogram("h", "H.", {2, 1}), std::logic_error);
}

}  // namespace
}  // namespace poller::metrics
