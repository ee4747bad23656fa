// How a call to monday.com can end, beyond what passes by itself.
#pragma once

#include <string>

#include "poller/errors.hpp"
#include "poller/monday/response.hpp"

namespace poller::monday {

// The answer is no, and stays so: the thing is not there, the token may not, or the call is wrong.
class Refused : public PermanentError {
public:
    Refused(ErrorKind kind, const std::string &message, ErrorInfo info = {})
        : PermanentError(message, std::move(info)), kind_(kind) {}

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

private:
    ErrorKind kind_;
};

// What came was stored, and it was not all: nobody knows the rest.
class ReadInPart : public PermanentError {
public:
    using PermanentError::PermanentError;
};

// The answer was too much for monday.com; a smaller page may do.
class PageTooLarge : public TransientError {
public:
    using TransientError::TransientError;
};

// A limit of one field, or of calls at once: who reads another board may go on.
class FieldBusy : public WaitError {
public:
    using WaitError::WaitError;
};

// Paging has to start again at page 1.
class CursorExpired : public TransientError {
public:
    using TransientError::TransientError;
};

// A write was sent and no answer came: it may have been carried out. Read before writing again.
class WriteInDoubt : public TransientError {
public:
    using TransientError::TransientError;
};

}  // namespace poller::monday
