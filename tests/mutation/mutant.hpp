// Stands in front of every literal of the constants in the copy that tests/mutation/constants makes: the one whose
// number the environment variable MUTANT names has another value.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace mutation {

inline bool is_chosen(int number) {
    const char *chosen = std::getenv("MUTANT");
    return chosen != nullptr && std::atoi(chosen) == number;
}

inline bool mutant(int number, bool value) { return is_chosen(number) != value; }

inline double mutant(int number, double value) {
    if (!is_chosen(number)) return value;
    return value < 10.0 ? value + 0.015 : value + 1.0;
}

template <typename Integer>
Integer mutant(int number, Integer value) {
    return is_chosen(number) ? value + 1 : value;
}

// Lasts as long as the program.
inline std::string_view mutant(int number, const char *text) {
    return is_chosen(number) ? std::string_view(*new std::string(std::string(text) + "?")) : std::string_view(text);
}

}  // namespace mutation
