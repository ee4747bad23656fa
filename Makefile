# Builds and installs the extension with PGXS (make, make install, make installcheck; PG_CONFIG= chooses the server)
# and holds the everyday commands. A newcomer needs two: make run, make test.

# make run DATA=... names a file to import; to PGXS the same word means its own files, and sub-makes must not see it.
IMPORT_DATA := $(DATA)

EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" control/pipeline_forecast.control)
PG_CONFIG ?= $(shell command -v pg_config || echo /usr/lib/postgresql/15/bin/pg_config)

EXTENSION  = control/pipeline_forecast
MODULE_big = pipeline_forecast
# Every folder is compiled as one batch: its files share the time that the headers take. Names in anonymous namespaces
# are therefore unique within a folder.
LIBRARY_FOLDERS = $(patsubst %/,%,$(sort $(dir $(shell find extension -name '*.cpp'))))
LIBRARY_SOURCES = $(wildcard $(LIBRARY_FOLDERS:=/*.cpp))
LIBRARY_HEADERS = $(wildcard $(LIBRARY_FOLDERS:=/*.hpp))
BATCHES    = $(foreach folder,$(LIBRARY_FOLDERS),build/batches/$(subst /,_,$(folder)).cpp)
OBJS       = $(BATCHES:.cpp=.o)
# Released scripts are kept in the tree; this version's own, and those that lead to it from every release, are assembled.
DATA       = $(wildcard sql/releases/pipeline_forecast--*.sql)
RELEASES   = $(patsubst sql/releases/pipeline_forecast--%.sql,%,$(DATA))
DATA_built = sql/pipeline_forecast--$(EXTVERSION).sql $(RELEASES:%=sql/pipeline_forecast--%--$(EXTVERSION).sql)

# Hidden by default, so that nothing but the SQL-callable functions leaves the library; PGDLLEXPORT is empty before
# PostgreSQL 16 and has to be told.
PG_CPPFLAGS = -I. -Iextension -DPIPELINE_FORECAST_VERSION='"$(EXTVERSION)"' -DPGDLLEXPORT='__attribute__((visibility("default")))'
# The server's own flags ask for debug symbols, 26 MB of them in the installed library; make DEBUG=yes keeps them.
PG_CXXFLAGS = -std=c++20 $(if $(DEBUG),,-g0) -fvisibility=hidden -Wall -Wextra -Wno-register -Wno-unused-parameter -Wno-sign-compare $(if $(WERROR),-Werror)
SHLIB_LINK  = -lstdc++ -licuuc

ISOLATION      = $(notdir $(basename $(wildcard tests/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=tests/isolation --outputdir=$(CURDIR)/build/isolation --load-extension=pipeline_forecast
EXTRA_CLEAN    = build $(wildcard sql/pipeline_forecast--*.sql)

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

# A batch is rewritten only when a file came or went.
define batch
build/batches/$(subst /,_,$(1)).cpp: $(1)
	@mkdir -p $$(@D)
	@for source in $(wildcard $(1)/*.cpp); do echo "#include \"$$$$source\""; done >$$@
build/batches/$(subst /,_,$(1)).o: $(wildcard $(1)/*.cpp)
endef
$(foreach folder,$(LIBRARY_FOLDERS),$(eval $(call batch,$(folder))))

SQL_SOURCES = sql/assemble.sh sql/objects.awk sql/load_order sql/schemas.sql $(wildcard sql/*/*.sql) control/pipeline_forecast.control

sql/pipeline_forecast--$(EXTVERSION).sql: $(SQL_SOURCES)
	sql/assemble.sh > $@.new && mv $@.new $@

sql/pipeline_forecast--%--$(EXTVERSION).sql: sql/releases/%.drops $(SQL_SOURCES)
	sql/assemble.sh $* > $@.new && mv $@.new $@

# The poller -----------------------------------------------------------------------------------------------------------
# Built by make poller, and only then installed by make install; the extension works without it.

PREFIX ?= /usr/local
POLLER  = build/cmake/poller/pipeline-poller
INSTALL_POLLER ?= $(wildcard $(POLLER))

.PHONY: poller install-poller
poller:
	@control/build-poller

install: $(if $(INSTALL_POLLER),install-poller)

install-poller:
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 $(POLLER) '$(DESTDIR)$(PREFIX)/bin/pipeline-poller'

# Everyday commands -------------------------------------------------------------------------------------------------

PYTHON ?= /usr/bin/python3
SUDO   := $(if $(filter 0,$(shell id -u)),,sudo)
export PG_CONFIG PYTHON

.PHONY: help deps test-packages built-and-installed run status stop clean-run test fuzz torture bench proof mutation docs check-docs lint sanitize check-fresh format

help:
	@echo 'make run        everything in a private cluster, on simulated boards (DATA=file.csv [MAP=file.json]: your own data)'
	@echo 'make status     what runs there and when it ran last;  make stop, make clean-run'
	@echo 'make docs       writes docs/reference from the product itself;  make check-docs compares it'
	@echo 'make test       everything a change must pass;  make torture, make bench, make proof, make lint, make sanitize, make check-fresh, make format'
	@echo 'make, make install, make installcheck    for a server of your own (PG_CONFIG=)'

deps:
	@control/install-packages build

test-packages:
	@control/install-packages test

# A sub-make: on a new machine the server's makefiles come with the packages.
built-and-installed:
	@control/install-packages build
	@env -u MAKEFLAGS -u DATA $(MAKE) -s -q all 2>/dev/null || { \
	    echo 'Building the extension: about half a minute on two cores'; env -u MAKEFLAGS -u DATA $(MAKE) -s -j2 all; }
	@env -u MAKEFLAGS -u DATA $(MAKE) -s poller
	@$(SUDO) env -u MAKEFLAGS -u DATA $(MAKE) -s install INSTALL_POLLER= PG_CONFIG=$(PG_CONFIG)

run: built-and-installed
	@DATA='$(IMPORT_DATA)' MAP='$(MAP)' BOARDS='$(BOARDS)' control/run $(if $(PUSH),--push)

status:
	@control/status

stop:
	@if [ -d .run ]; then control/poller stop && control/simulators stop && . control/private-cluster && control/cluster stop "$$cluster"; fi

clean-run:
	@if [ -d .run ]; then \
	    control/poller stop && control/simulators stop && . control/private-cluster && control/cluster destroy "$$cluster" && rm -rf .run; fi

test: test-packages built-and-installed
	@tests/run

# Briefly, as in CI; make torture runs the same targets for longer.
fuzz:
	@control/install-packages torture
	@SECONDS_EACH=$${SECONDS_EACH:-10} tests/torture/run fuzz

torture: test-packages built-and-installed
	@control/install-packages torture
	@tests/torture/run

bench: test-packages built-and-installed
	@control/install-packages bench
	@tests/bench/run

# Needs data that is not part of the source tree; says so and does nothing without it.
proof: built-and-installed
	@tests/proof/run

# That no constant of the rules can change unnoticed: changes each in turn.
mutation:
	@tests/mutation/constants

# Comments of a fresh database, openapi.json, --help and settings as pages; a change of any of them changes the pages.
docs: built-and-installed
	@docs/generate docs/reference

check-docs: built-and-installed
	@docs/generate build/reference
	@diff -r docs/reference build/reference || { echo "docs/reference is not what the product says: make docs" >&2; exit 1; }

FORMATTED = $(LIBRARY_SOURCES) $(LIBRARY_HEADERS) $(shell find poller tests/unit tests/fuzz -name '*.[ch]pp')

# Unit tests under AddressSanitizer and UndefinedBehaviorSanitizer. Optimization takes as long again to compile.
sanitize: deps
	@control/install-packages test
	@echo 'Building the unit tests with sanitizers: about five minutes on two cores'
	@mkdir -p build && cmake -S . -B build/sanitize -DPIPELINE_BUILD_TESTS=ON -DPIPELINE_SANITIZE=ON -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0 -DCMAKE_UNITY_BUILD_BATCH_SIZE=24 >/dev/null
	@cmake --build build/sanitize -j2 --target pipeline_core_test poller_test >build/sanitize.log 2>&1 || { tail -n 40 build/sanitize.log; exit 1; }
	@build/sanitize/pipeline_core_test --gtest_brief=1
	@build/sanitize/poller/poller_test --gtest_brief=1 2>build/sanitize.log || { tail -n 40 build/sanitize.log; exit 1; }

# README's lines on a bare Debian 12 in a debootstrap tree.
check-fresh:
	@control/install-packages fresh
	@tests/fresh/run

lint:
	@control/install-packages lint
	@tests/lint/run

format:
	clang-format -i $(FORMATTED)
