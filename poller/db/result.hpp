// The rows that a statement returned.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct pg_result;

namespace poller::db {

// One value; a view into its Result. The numbers and switches throw std::invalid_argument for NULL and for text that
// is none: the statement and the code that reads it belong together.
class Field {
public:
    Field(const pg_result *result, int row, int column) : result_(result), row_(row), column_(column) {}

    [[nodiscard]] bool is_null() const;
    [[nodiscard]] std::string_view text() const;  // empty for NULL
    [[nodiscard]] std::int64_t integer() const;
    [[nodiscard]] double real() const;
    [[nodiscard]] bool boolean() const;

private:
    const pg_result *result_;
    int row_;
    int column_;
};

class Row {
public:
    Row(const pg_result *result, int row) : result_(result), row_(row) {}

    [[nodiscard]] Field operator[](int column) const { return {result_, row_, column}; }
    // By the column's name; std::invalid_argument if there is none.
    [[nodiscard]] Field operator[](const char *column) const;

private:
    const pg_result *result_;
    int row_;
};

class Result {
public:
    Result() = default;
    explicit Result(pg_result *result);  // takes it over

    [[nodiscard]] int size() const;
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] int columns() const;
    [[nodiscard]] std::string_view column_name(int column) const;
    [[nodiscard]] const pg_result *get() const { return result_.get(); }
    [[nodiscard]] Row operator[](int row) const { return {result_.get(), row}; }
    // Rows changed by INSERT, UPDATE, DELETE, COPY.
    [[nodiscard]] std::int64_t affected() const;

    class Iterator {
    public:
        Iterator(const pg_result *result, int row) : result_(result), row_(row) {}
        [[nodiscard]] Row operator*() const { return {result_, row_}; }
        Iterator &operator++() {
            ++row_;
            return *this;
        }
        [[nodiscard]] bool operator==(const Iterator &) const = default;

    private:
        const pg_result *result_;
        int row_;
    };
    [[nodiscard]] Iterator begin() const { return {result_.get(), 0}; }
    [[nodiscard]] Iterator end() const { return {result_.get(), size()}; }

private:
    struct Clear {
        void operator()(pg_result *result) const noexcept;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace poller::db
