// Any bytes as a history, its settings and its record: every figure of the run is a number, probabilities are shares
// that add up, bands are in order, and the same versions the other way round give the same bits.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/input_error.hpp"
#include "core/outlook/explanation.hpp"
#include "core/outlook/outlook.hpp"
#include "require.hpp"
#include "tests/unit/outlook_company.hpp"

namespace {

using namespace pipeline_forecast;
using namespace pipeline_forecast::outlook;

constexpr std::size_t kMostVersions = 150;

class Bytes {
public:
    explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    template <typename Value>
    Value take() {
        Value value{};
        const std::size_t size = std::min(sizeof(value), bytes_.size());
        std::memcpy(&value, bytes_.data(), size);
        bytes_.remove_prefix(size);
        return value;
    }
    // A plausible number, or any bits at all.
    double number(double unit) {
        return (take<std::uint8_t>() & 7) == 0 ? take<double>() : unit * take<std::int16_t>();
    }
    std::optional<double> maybe(double from, double unit) {
        if ((take<std::uint8_t>() & 3) == 0) return std::nullopt;
        return from + number(unit);
    }

private:
    std::string_view bytes_;
};

company::Fact take_fact(Bytes &bytes) {
    const auto who = bytes.take<std::uint8_t>();
    const auto what = bytes.take<std::uint8_t>();
    company::Fact fact{.project = std::string(1, static_cast<char>('a' + who % 23)),
                       .valid_from = company::kBegin + bytes.take<std::uint16_t>() / 32.0,
                       .state = static_cast<State>(what % 4)};
    for (std::size_t i = 0; i < kSegments; ++i) {
        if ((what >> (i % 4 + 2) & 1) != 0) fact.texts[i] = std::string(1, static_cast<char>('A' + (who >> i) % 5));
    }
    fact.value = bytes.number(10.0);
    fact.created = bytes.maybe(fact.valid_from, 0.01);
    fact.ordered_on = bytes.maybe(fact.valid_from, 0.01);
    fact.stated_date = bytes.maybe(fact.valid_from, 0.02);
    fact.stated_percent = bytes.maybe(0.0, 0.01);
    return fact;
}

Record take_record(Bytes &bytes, double origin) {
    Record record;
    for (int count = bytes.take<std::uint8_t>() % 32; count > 0; --count) {
        const int horizon = bytes.take<std::uint8_t>() % kMonths;
        record.push_back({.origin = origin - 400.0,
                          .month = month_of(origin) - bytes.take<std::uint8_t>() % 16,
                          .horizon = horizon,
                          .span = count % 2 == 0 ? Span::kMonth : Span::kCumulated,
                          .before = 100.0 * bytes.take<std::int16_t>(),
                          .after = 100.0 * bytes.take<std::int16_t>(),
                          .k2 = 1e4 * bytes.take<std::uint16_t>(),
                          .top_down = 100.0 * bytes.take<std::int16_t>(),
                          .p10 = 0.0,
                          .p90 = 1e5});
    }
    return record;
}

bool all_finite(const std::vector<double> &numbers) {
    return std::ranges::all_of(numbers, [](double number) { return std::isfinite(number); });
}

void check(const Result &result) {
    require(all_finite(company::numbers_of(result)), "every figure is a number");
    const Explainer explainer(result.model, result.horizon);
    for (const ProjectForecast &project : result.projects) {
        require(std::abs(project.p_won + project.lost - 1.0) < 1e-9, "won, later and lost add up to one");
        require(project.p_won >= 0.0 && project.p_won <= 1.0 + 1e-12, "a probability is a share");
        double sum = 0.0;
        for (const double reason : explainer.explain(project.facts)) sum += reason;
        const double p = std::clamp(project.p_won, 1e-9, 1.0 - 1e-9);
        require(std::abs(sum - std::log(p / (1.0 - p))) < 1e-6, "reasons add up to the probability");
    }
    for (const MonthTotal &total : result.months) {
        require(total.p10 <= total.p50 && total.p50 <= total.p90, "bands are in order");
        require(total.theta >= 0.0 && total.theta <= 1.0, "the weight of the model is a share");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    Bytes bytes({reinterpret_cast<const char *>(data), size});
    const double origin = company::kBegin + bytes.take<std::uint16_t>() / 24.0;
    Settings settings{.rounds = 1 + bytes.take<std::uint8_t>() % 3};
    if (bytes.take<std::uint8_t>() == 0) settings.kappa = bytes.take<double>();
    const Record record = take_record(bytes, origin);
    company::Facts facts;
    while (!bytes.empty() && facts.size() < kMostVersions) facts.push_back(take_fact(bytes));
    try {
        const Result result = run(company::history_of(facts), {.moment = origin}, settings, record);
        check(result);
        // Of two versions of one moment the later added holds, so they stay as they are.
        std::ranges::stable_sort(facts, std::greater{}, &company::Fact::valid_from);
        const Result again = run(company::history_of(facts), {.moment = origin}, settings, record);
        require(company::numbers_of(again) == company::numbers_of(result), "the order of versions changes nothing");
    } catch (const InputError &error) {
        require(error.sqlstate() == kInvalidParameter, "only settings are refused");
    }
    return 0;
}
