// The parameters $1, $2, … of a statement, as text. The server knows their types from the statement.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace poller::db {

class Params {
public:
    Params() = default;

    void add(std::nullopt_t) { values_.emplace_back(std::nullopt); }
    // A NUL character ends a text for libpq: refused with std::invalid_argument, not cut.
    void add(std::string_view text);
    void add(const char *text) { add(std::string_view(text)); }
    void add(const std::string &text) { add(std::string_view(text)); }
    void add(bool value) { values_.emplace_back(value ? "t" : "f"); }
    template <typename Number>
    requires std::is_arithmetic_v<Number>
    void add(Number value) { values_.emplace_back(fmt::to_string(value)); }
    template <typename Value>
    void add(const std::optional<Value> &value) {
        if (value) {
            add(*value);
        } else {
            add(std::nullopt);
        }
    }
    // An array; an element without value is NULL.
    template <typename Value>
    void add(const std::vector<Value> &elements) {
        std::string text = "{";
        for (const Value &element : elements) {
            append_element(text, element);
        }
        if (text.size() > 1) {
            text.pop_back();
        }
        values_.emplace_back(text + "}");
    }

    [[nodiscard]] int size() const { return static_cast<int>(values_.size()); }
    // For libpq; valid while the object lives and is not added to.
    [[nodiscard]] std::vector<const char *> pointers() const;

private:
    static void append_element(std::string &array, std::nullopt_t);
    static void append_element(std::string &array, std::string_view element);
    static void append_element(std::string &array, const std::string &element) {
        append_element(array, std::string_view(element));
    }
    template <typename Number>
    requires std::is_arithmetic_v<Number>
    static void append_element(std::string &array, Number element) {
        fmt::format_to(std::back_inserter(array), "{},", element);
    }
    template <typename Value>
    static void append_element(std::string &array, const std::optional<Value> &element) {
        if (element) {
            append_element(array, *element);
        } else {
            append_element(array, std::nullopt);
        }
    }

    std::vector<std::optional<std::string>> values_;
};

template <typename... Values>
[[nodiscard]] Params params(const Values &...values) {
    Params result;
    (result.add(values), ...);
    return result;
}

}  // namespace poller::db
