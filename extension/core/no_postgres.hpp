// Included last by every file of the core: the rules must compile, run and be tested without a server,
// and PostgreSQL's macros (Min, Abs, ERROR, printf, ...) must never reach them.
#pragma once

#ifdef POSTGRES_H
#error "the core does not see PostgreSQL headers; put the conversion into extension/pg or a *_fn.cpp file"
#endif
