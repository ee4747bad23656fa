// What a job's payload says, by name. A name that is missing or null says nothing; a value of another kind than asked
// for will never do, whatever is tried: PermanentError with the name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "poller/jobs/job.hpp"

namespace poller::jobs {

// False where it says nothing.
[[nodiscard]] bool flag_of(const Job &job, const char *name);

[[nodiscard]] std::optional<std::string> text_of(const Job &job, const char *name);

[[nodiscard]] std::optional<std::vector<std::string>> texts_of(const Job &job, const char *name);

// A whole number within bounds.
[[nodiscard]] int number_of(const Job &job, const char *name, int standard, int least, int most);

}  // namespace poller::jobs
