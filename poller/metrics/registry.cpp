#include "poller/metrics/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace poller::metrics {
namespace {

bool is_name(std::string_view name, bool colons) {
    const auto letter = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
    };
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);  // the shortest text that is read as the same number
}

std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
    return out;
}

std::string labels_text(const Labels &labels, std::string_view bound = {}) {
    std::string text;
    const auto add = [&](std::string_view name, std::string_view value) {
        text += text.empty() ? '{' : ',';
        text.append(name).append("=\"").append(escaped(value, true)).append("\"");
    };
    for (const auto &[name, value] : labels) add(name, value);
    if (!bound.empty()) add("le", bound);
    if (!text.empty()) text += '}';
    return text;
}

void append_line(std::string &out, std::string_view name, std::string_view suffix, const std::string &labels,
                 const std::string &value) {
    out.append(name).append(suffix).append(labels).append(" ").append(value).append("\n");
}

void append(std::string &out, std::string_view name, const Labels &labels, const Counter &counter) {
    append_line(out, name, "", labels_text(labels), number(counter.value()));
}

void append(std::string &out, std::string_view name, const Labels &labels, const Gauge &gauge) {
    append_line(out, name, "", labels_text(labels), number(gauge.value()));
}

void append(std::string &out, std::string_view name, const Labels &labels, const Histogram &histogram) {
    std::uint64_t cumulated = 0;
    for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
        cumulated += histogram.counts()[i];
        const std::string bound = i < histogram.bounds().size() ? number(histogram.bounds()[i]) : "+Inf";
        append_line(out, name, "_bucket", labels_text(labels, bound), std::to_string(cumulated));
    }
    append_line(out, name, "_sum", labels_text(labels), number(histogram.sum()));
    append_line(out, name, "_count", labels_text(labels), std::to_string(cumulated));
}

}  // namespace

void Histogram::observe(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += value;
}

std::vector<double> seconds_bounds() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

template <typename Kind>
Kind &Registry::series(std::string_view name, std::string_view help, std::string_view kind, Labels labels, Kind fresh) {
    auto family = families_.find(name);
    if (family == families_.end()) {
        if (!is_name(name, true)) throw std::logic_error("not a name of a metric: " + std::string(name));
        family = families_.emplace(name, Family{std::string(help), kind, {}}).first;
    }
    if (family->second.kind != kind) throw std::logic_error("metric " + std::string(name) + " is of another kind");
    std::sort(labels.begin(), labels.end());
    auto found = family->second.series.find(labels);
    if (found == family->second.series.end()) {
        for (const auto &[label, value] : labels) {
            if (!is_name(label, false)) throw std::logic_error("not a name of a label: " + label);
        }
        found = family->second.series.emplace(std::move(labels), std::make_unique<Series>(std::move(fresh))).first;
    }
    return std::get<Kind>(*found->second);
}

Counter &Registry::counter(std::string_view name, std::string_view help, Labels labels) {
    return series(name, help, "counter", std::move(labels), Counter{});
}

Gauge &Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
    return series(name, help, "gauge", std::move(labels), Gauge{});
}

Histogram &Registry::histogram(std::string_view name, std::string_view help, const std::vector<double> &bounds,
                               Labels labels) {
    if (!std::is_sorted(bounds.begin(), bounds.end())) throw std::logic_error("bounds of a histogram have to rise");
    return series(name, help, "histogram", std::move(labels), Histogram{bounds});
}

void Registry::clear(std::string_view gauge) {
    const auto family = families_.find(gauge);
    if (family != families_.end() && family->second.kind == "gauge") family->second.series.clear();
}

std::string Registry::exposition() const {
    std::string out;
    for (const auto &[name, family] : families_) {
        if (family.series.empty()) continue;
        out.append("# HELP ").append(name).append(" ").append(escaped(family.help, false)).append("\n");
        out.append("# TYPE ").append(name).append(" ").append(family.kind).append("\n");
        for (const auto &[labels, series] : family.series) {
            std::visit([&out, &name = name, &labels = labels](const auto &each) { append(out, name, labels, each); },
                       *series);
        }
    }
    return out;
}

}  // namespace poller::metrics
