# Builds and installs the extension with PGXS (make, make install, make installcheck; PG_CONFIG= chooses the server)
# and holds the everyday commands. A newcomer needs two: make run, make test.

EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" control/pipeline_forecast.control)
PG_CONFIG ?= $(shell command -v pg_config || echo /usr/lib/postgresql/15/bin/pg_config)

EXTENSION  = control/pipeline_forecast
MODULE_big = pipeline_forecast
LIBRARY_SOURCES = $(wildcard extension/*.cpp extension/pg/*.cpp extension/core/*.cpp)
OBJS       = $(LIBRARY_SOURCES:.cpp=.o)
LIBRARY_HEADERS = $(wildcard extension/pg/*.hpp extension/core/*.hpp)
DATA       = $(wildcard sql/pipeline_forecast--*--*.sql)
DATA_built = sql/pipeline_forecast--$(EXTVERSION).sql

# Hidden by default, so that nothing but the SQL-callable functions leaves the library; PGDLLEXPORT is empty before
# PostgreSQL 16 and has to be told.
PG_CPPFLAGS = -Iextension -DPIPELINE_FORECAST_VERSION='"$(EXTVERSION)"' -DPGDLLEXPORT='__attribute__((visibility("default")))'
PG_CXXFLAGS = -std=c++20 -fvisibility=hidden -Wall -Wextra -Wno-register -Wno-unused-parameter -Wno-sign-compare $(if $(WERROR),-Werror)
SHLIB_LINK  = -lstdc++

ISOLATION      = $(notdir $(basename $(wildcard tests/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=tests/isolation --outputdir=$(CURDIR)/build/isolation --load-extension=pipeline_forecast
EXTRA_CLEAN    = build sql/pipeline_forecast--$(EXTVERSION).sql

# LLVM bitcode only on request (make BITCODE=yes): it needs clang and serves packagers.
BITCODE ?= no
ifneq ($(BITCODE),yes)
override with_llvm := no
endif

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
ifeq ($(shell test $(basename $(MAJORVERSION)) -ge 14 && echo yes),)
$(error pipeline_forecast needs PostgreSQL 14 or newer, and $(PG_CONFIG) belongs to $(MAJORVERSION))
endif
else
# No server to build for yet: everyday targets install it and call make again.
all install installcheck clean:
	@echo "no PostgreSQL development files; run 'make deps' first, or name your server: make PG_CONFIG=/path/to/pg_config" >&2; exit 1
endif

COMPILE.cxx.bc += $(PG_CXXFLAGS)
$(OBJS): $(LIBRARY_HEADERS) control/pipeline_forecast.control

sql/pipeline_forecast--$(EXTVERSION).sql: sql/assemble.sh $(wildcard sql/[0-9]*.sql sql/setup/*.sql sql/setup/always/*.sql) control/pipeline_forecast.control
	sql/assemble.sh > $@.new && mv $@.new $@
