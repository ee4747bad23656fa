#include "poller/db/result.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>
#include <stdexcept>

namespace poller::db {
namespace {

template <typename Number>
[[nodiscard]] Number read(const Field &field) {
    const std::string_view text = field.text();
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw std::invalid_argument(field.is_null() ? "NULL where a number was expected"
                                                    : fmt::format("\"{}\" where a number was expected", text));
    }
    return value;
}

}  // namespace

bool Field::is_null() const { return PQgetisnull(result_, row_, column_) != 0; }

std::string_view Field::text() const {
    return {PQgetvalue(result_, row_, column_), static_cast<std::size_t>(PQgetlength(result_, row_, column_))};
}

std::int64_t Field::integer() const { return read<std::int64_t>(*this); }

double Field::real() const { return read<double>(*this); }

bool Field::boolean() const {
    if (text() != "t" && text() != "f") {
        throw std::invalid_argument(fmt::format("\"{}\" where true or false was expected", text()));
    }
    return text() == "t";
}

Field Row::operator[](const char *column) const {
    const int number = PQfnumber(result_, column);
    if (number < 0) {
        throw std::invalid_argument(fmt::format("the result has no column \"{}\"", column));
    }
    return {result_, row_, number};
}

void Result::Clear::operator()(pg_result *result) const noexcept { PQclear(result); }

Result::Result(pg_result *result) : result_(result) {}

int Result::size() const { return PQntuples(result_.get()); }

int Result::columns() const { return PQnfields(result_.get()); }

std::string_view Result::column_name(int column) const { return PQfname(result_.get(), column); }

std::int64_t Result::affected() const {
    const std::string_view text = PQcmdTuples(result_.get());
    std::int64_t rows = 0;
    std::from_chars(text.data(), text.data() + text.size(), rows);
    return rows;
}

}  // namespace poller::db
