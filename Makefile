# make demo    set everything up, run the main job on a real capture and on this host
# make test    set everything up, run the tests: Rust, C, Python, header, documentation, speed
# make bench   benchmarks beside their rivals, with ratios
# make proof   tests, benchmarks, and long fuzzing
# make wheel   the Python package
# make install PREFIX=…  the C library, its header and netshoot.pc

CARGO ?= cargo
PYTHON ?= python3
VENV := $(CURDIR)/.venv
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
DEMO := netshoot-core/tests/captures/demo.pcapng
OUT := $(CURDIR)/demo-output
FEATURES := --features netshoot-core/arrow,netshoot-core/serde

.PHONY: all demo test lint test-rust test-python test-speed bench proof miri deny wheel install clean help

all: help

help:
	@sed -n 's/^# //p' $(firstword $(MAKEFILE_LIST))

# --- set-up

$(VENV)/ready: bindings-python/pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	cd bindings-python && $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --group test
	touch $@

# --- demo

demo: $(VENV)/ready
	@mkdir -p $(OUT)
	@echo "building; this takes some minutes the first time"
	$(CARGO) build --release --quiet -p netshoot
	$(TARGET)/release/netshoot analyze $(DEMO)
	$(TARGET)/release/netshoot ip addr
	$(VENV)/bin/maturin develop --quiet --release --manifest-path bindings-python/Cargo.toml >/dev/null
	$(VENV)/bin/python -m jupyter nbconvert --log-level=ERROR --to html --execute --output-dir $(OUT) \
		docs/notebooks/incident.ipynb
	@echo "the notebook with its plots: $(OUT)/incident.html"

# --- tests

# What cannot run here is told at the end.
SKIPPED := $(TARGET)/skipped
test test-rust test-python test-speed: export NETSHOOT_SKIPPED := $(SKIPPED)

test:
	@mkdir -p $(TARGET) && rm -f $(SKIPPED)
	$(MAKE) --no-print-directory test-rust test-python test-speed lint
	@if [ -s $(SKIPPED) ]; then echo "$$(wc -l < $(SKIPPED)) tests were skipped:"; sort $(SKIPPED); fi

lint:
	@if $(CARGO) clippy --version >/dev/null 2>&1 && $(CARGO) fmt --version >/dev/null 2>&1; then \
		$(CARGO) fmt --all --check && $(CARGO) clippy --quiet --workspace --all-targets $(FEATURES) -- -D warnings; \
	else echo "skipped: lint: rustfmt and clippy are not installed" | tee -a $(SKIPPED); test -z "$$NETSHOOT_NO_SKIP"; fi

# Properties are tried on the same random input each time here, and on fresh input by `make proof`.
test-rust: export PROPTEST_RNG_SEED ?= 20261123
test-rust: export PROPTEST_CASES ?= 2000
# The C door's tests, compilers and sanitizers included, are among these.
test-rust:
	if command -v cargo-nextest >/dev/null; then $(CARGO) nextest run --config-file .ci/nextest.toml $(FEATURES); \
		else $(CARGO) test $(FEATURES) --lib --bins --tests --examples; fi
	$(CARGO) test --quiet --doc -p netshoot-core --features arrow,serde
	sh netshoot-core/tests/consumer.sh

test-python: $(VENV)/ready
	$(CARGO) build --quiet -p netshoot
	$(VENV)/bin/maturin develop --quiet --features stubs --manifest-path bindings-python/Cargo.toml >/dev/null
	$(VENV)/bin/python -m pytest -q -rs bindings-python/tests

# The generated million frames against tshark.
test-speed:
	$(CARGO) build --release --quiet -p netshoot
	$(CARGO) bench --quiet -p netshoot-benches --bench race

# --- figures

# rtnetlink and pyroute2 are built and installed for this alone.
bench: export NETSHOOT_PYTHON := $(VENV)/bin/python
bench: test-speed $(VENV)/ready
	cd bindings-python && $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --group bench
	$(VENV)/bin/maturin develop --quiet --release --manifest-path bindings-python/Cargo.toml >/dev/null
	$(CARGO) bench -p netshoot-benches --features rivals --bench parse --bench views --bench walk --bench reassembly --bench kernel \
		--bench throughput --bench iperf3

# What takes longer than continuous integration may: each fuzz target for FUZZ_SECONDS, mutating its corpus.
FUZZ_SECONDS ?= 600
proof: test bench deny
	NETSHOOT_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release -p netshoot-fuzz
	NETSHOOT_PACING_SECONDS=5 $(CARGO) test --release $(FEATURES) -p netshoot-core --lib keeps_its_rate -- --test-threads 1
	NETSHOOT_SOAK_TESTS=10000 $(CARGO) test --release $(FEATURES) -p netshoot-core --test throughput_soak
	NETSHOOT_VERDICT_SEEDS=6 $(CARGO) test --release $(FEATURES) -p netshoot-benches --test verdict
	NETSHOOT_INCIDENT_SEEDS=5 $(CARGO) test --release $(FEATURES) -p netshoot-benches --test incident
	NETSHOOT_FLOWS=10000000 $(CARGO) test --release $(FEATURES) -p netshoot-core --test analysis_limits -- --test-threads 1
	NETSHOOT_TRUTH_FRAMES=1050000 $(CARGO) test --release $(FEATURES) -p netshoot-benches --test truth
	NETSHOOT_TCP_SEGMENTS=1000000 $(CARGO) test --release $(FEATURES) -p netshoot-core --test random_tcp
	NETSHOOT_CORPUS_PARTS=1 $(CARGO) test $(FEATURES) -p netshoot-core --test corpus_packet --test corpus_reassembly \
		--test corpus_application --test corpus_capture --test corpus_write
	NETSHOOT_CORPUS_PARTS=1 PROPTEST_CASES=300000 $(CARGO) test --release $(FEATURES) -p netshoot-core --lib \
		--test packet_prefix --test packet_pnet --test dns_hickory
	$(MAKE) --no-print-directory miri

# The unit tests of the packet parser under miri (`rustup component add --toolchain nightly miri rust-src`).
MIRI_CASES ?= 8
miri:
	PROPTEST_CASES=$(MIRI_CASES) MIRIFLAGS=-Zmiri-disable-isolation $(CARGO) +nightly miri test -p netshoot-core \
		--no-default-features --features std --lib packet::

# Licences, banned crates and sources of all dependencies; needs cargo-deny (`cargo install --locked cargo-deny`).
deny:
	$(CARGO) deny --log-level error check licenses bans sources

# A wheel for this platform, in target/wheels.
wheel: $(VENV)/ready
	cd bindings-python && $(VENV)/bin/maturin build --quiet --release --strip >/dev/null
	@ls $(TARGET)/wheels

install:
	$(MAKE) -C bindings-c install

clean:
	rm -rf $(TARGET) $(VENV) $(OUT)
