// Ends a fuzz target with the sentence that does not hold; libFuzzer then keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>

inline void require(bool holds, const char *sentence) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", sentence);
    std::abort();
}
