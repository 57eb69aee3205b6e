# The whole command surface; `make help` lists it.
PREFIX ?= /usr/local
FILE ?=
FILES ?=
GRADUS = .build/release/gradus
SHARE = $(DESTDIR)$(PREFIX)/share
SOURCES = Package.swift Sources Tests
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help run build test quick check lint sanitize bench bless fuzz kills format install dist manual peers venv libedit accelerators

help:          ## lists these
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build     ## the console; with FILE=… or input from elsewhere, runs that
	@if [ -n "$(FILE)" ]; then $(GRADUS) "$(FILE)"; else $(GRADUS); fi

build: libedit accelerators ## .build/release/gradus
	@if [ -x $(GRADUS) ]; then \
	  echo "building $(GRADUS)" >&2; \
	  swift build -c release --static-swift-stdlib --product gradus --quiet >&2; \
	else \
	  echo "building $(GRADUS); the first time this takes some minutes" >&2; \
	  swift build -c release --static-swift-stdlib --product gradus >&2; \
	fi

test: libedit accelerators ## every test; comparisons with other programs where `make peers` was run
	@echo "building and running the tests" >&2
	@swift test

quick: libedit ## the tests that take no time: under a minute after a build
	@GRADUS_QUICK=1 swift test

check: lint libedit accelerators peers ## what CI runs: formatting, a build with warnings as errors, every test and comparison
	@echo "building everything" >&2
	@swift build --build-tests
	@GRADUS_PEERS=required swift test

sanitize: libedit ## examples, cases beside the checkout, and random programs under AddressSanitizer
	@echo "building .build/sanitize" >&2
	@swift build --build-path .build/sanitize --sanitize=address --product gradus --quiet >&2
	@ASAN_OPTIONS=detect_leaks=0 .build/sanitize/debug/gradus --test Examples/*.grad
	@[ ! -d ../shared/fixtures/joints ] || { cd .build/sanitize && \
	  ASAN_OPTIONS=detect_leaks=0 debug/gradus --test ../../../shared/fixtures/joints/*.grad; }
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-60} FUZZ_PATIENCE=30 FUZZ_PROGRAM="$$PWD/.build/sanitize/debug/gradus" swift test --filter EdgeFuzz

lint:
	@echo "checking the format" >&2
	@swift format lint --strict --recursive $(SOURCES)

bench: libedit accelerators ## figures, and ratios to the peers that PEERS names
	@swift run -c release Benchmarks

bless: build   ## rewrites the answers in Examples, README and the tour; read the diff
	@$(GRADUS) --bless README.md Examples/*.grad
	@GRADUS_BLESS=1 swift test --filter TourTests

fuzz: libedit  ## random programs with arguments from the edges; FUZZ_SECONDS=600 for longer, FUZZ_SEED=… to repeat
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-60} swift test --filter 'GeneratedInput|EdgeFuzz'

kills: libedit ## sessions and savings killed at 500 random moments come back bit for bit and leave nothing
	@GRADUS_KILLS=500 swift test --filter 'JournalTests|KillTests'

peers: venv    ## .build/peers: a Python with what the tests compare with; FILES=1 for NumPy and safetensors alone
	@echo "installing what the tests compare with" >&2
	@[ -x .build/peers/bin/pip ] || python3 -m venv .build/peers
	@.build/peers/bin/pip install --quiet numpy safetensors h5py
	@[ -n "$(FILES)" ] || .build/peers/bin/pip install --quiet jax optax onnx onnxruntime onnxscript ipykernel jupyter_client nbclient nbformat
	@[ -n "$(FILES)" ] || .build/peers/bin/pip install --quiet --no-deps xla-cpu-pjrt
	@[ -n "$(FILES)" ] || command -v nvim >/dev/null || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq neovim >/dev/null; }
	@[ -n "$(FILES)" ] || command -v qemu-aarch64 >/dev/null || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user >/dev/null; }
	@[ -n "$(FILES)" ] || .build/peers/bin/pip install --quiet torch==2.13.0+cpu 2>/dev/null || .build/peers/bin/pip install --quiet torch

format:        ## formats the sources
	@swift format --in-place --recursive $(SOURCES)

install: build ## PREFIX/bin/gradus, its manual page and completions
	@install -d "$(DESTDIR)$(PREFIX)/bin" "$(SHARE)/man/man1" "$(SHARE)/bash-completion/completions" \
	  "$(SHARE)/zsh/site-functions" "$(SHARE)/fish/vendor_completions.d"
	@install -m 755 $(GRADUS) "$(DESTDIR)$(PREFIX)/bin/gradus"
	@$(GRADUS) --man > "$(SHARE)/man/man1/gradus.1"
	@$(GRADUS) --completions bash > "$(SHARE)/bash-completion/completions/gradus"
	@$(GRADUS) --completions zsh > "$(SHARE)/zsh/site-functions/_gradus"
	@$(GRADUS) --completions fish > "$(SHARE)/fish/vendor_completions.d/gradus.fish"
	@echo "installed $(PREFIX)/bin/gradus" >&2

dist: build    ## .build/dist: the program with its pages as .tar.gz and .deb, tried in a bare Debian where debootstrap is
	@PREFIX=/usr Distribution/pack $(GRADUS)

manual: build  ## .build/manual: help pages, reference and course as HTML
	@$(GRADUS) --manual .build/manual

# What the build needs, and what makes it faster where it is found; each only if it is missing.
libedit:
	@if [ "$$(uname)" = Darwin ]; then \
	  [ -e /usr/lib/libedit.dylib ] || xcrun --show-sdk-path >/dev/null 2>&1 || echo "install the Xcode command line tools: xcode-select --install" >&2; \
	elif [ ! -e /usr/include/histedit.h ]; then \
	  echo "installing libedit-dev" >&2; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq libedit-dev >/dev/null; \
	fi

venv:
	@if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "installing python3-venv" >&2; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv >/dev/null; \
	fi

accelerators:
	@if [ "$$(uname)" != Darwin ] && ! ldconfig -p 2>/dev/null | grep -q libopenblas; then \
	  echo "installing libopenblas0-pthread (optional)" >&2; \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq libopenblas0-pthread liblapack3 >/dev/null; } \
	    || echo "it could not be installed; the built-in kernels serve" >&2; \
	fi
	@if [ "$$(uname)" != Darwin ] && ! ldconfig -p 2>/dev/null | grep -qE 'libLLVM(\.so\.(18|19|2[0-9])|-1[56]\.so)'; then \
	  echo "installing libllvm (optional)" >&2; \
	  { $(SUDO) apt-get update -qq && { $(SUDO) apt-get install -y -qq libllvm19 >/dev/null \
	    || $(SUDO) apt-get install -y -qq libllvm16 >/dev/null || $(SUDO) apt-get install -y -qq libllvm15 >/dev/null; }; } \
	    || echo "it could not be installed; loops run by instructions" >&2; \
	fi
	@if [ "$$(uname)" != Darwin ] && ! { ldconfig -p | grep -q libpng16 && ldconfig -p | grep -q libturbojpeg; } 2>/dev/null; then \
	  echo "installing libpng16-16 and libturbojpeg0 (optional)" >&2; \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq libpng16-16 libturbojpeg0 >/dev/null; } \
	    || echo "they could not be installed; pictures aren't read" >&2; \
	fi
