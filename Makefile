# SPDX-License-Identifier: MIT
# The front of the build: each target installs what it needs and is missing, then runs CMake
# by its presets. For anything finer use CMake itself: `cmake --list-presets`.

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)

.PHONY: all run test bench fuzz coverage lint docs format install clean help
.NOTPARALLEL:

all:
	@scripts/setup build
	@scripts/build release

run:
	@scripts/setup build
	@scripts/web
	@scripts/build release
	build/release/devlink3 serve --demo

test:
	@scripts/setup build test
	@scripts/build dev
	@ctest --preset dev -j $(JOBS)

bench:
	@scripts/setup build bench
	@scripts/build release -DDL3_BUILD_BENCH=ON
	build/release/bench/decode
	build/release/bench/tracker
	build/release/bench/listener
	build/release/bench/fanout
	build/release/bench/tools build/release/devlink3
	build/release/bench/proxy
	build/release/bench/serve build/release/devlink3

fuzz:
	@scripts/setup build test ci
	@scripts/fuzz

coverage:
	@scripts/setup build test ci
	@scripts/coverage

lint:
	@scripts/setup build test ci
	@scripts/lint

docs:
	@scripts/setup build test
	@scripts/build dev
	cmake --build build/dev --target docs

format:
	@scripts/setup ci
	@scripts/format

install: all
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build

help:
	@echo 'make            build the library and the command, to build/release'
	@echo 'make run        a simulated PBX, the gateway and its wallboard; prints the address to open'
	@echo 'make test       build for debugging and run every test'
	@echo 'make bench      decoding speed, beside expat and memchr; what listeners and consumers cost'
	@echo 'make fuzz       a minute of fuzzing, all targets together (FUZZ_SECONDS=n for another time)'
	@echo 'make coverage   the tests, and which lines of the library they ran'
	@echo 'make lint       format, layers, shellcheck, clang-tidy, cppcheck, gcc -fanalyzer'
	@echo 'make docs       the pages and words that are made from the tables'
	@echo 'make format     lay the sources out as .clang-format says'
	@echo 'make install    to PREFIX, $(PREFIX)'
	@echo 'make clean      remove build/'
	@echo
	@echo 'Missing packages are installed first, on Debian; scripts/setup --check only names them.'
