# make demo    set everything up, run the main job on a real capture and on this host
# make test    set everything up, run the tests: Rust, Python, C, header, documentation
# make bench   benchmarks beside their rivals, with ratios
# make proof   what takes longer: the generated million frames, long fuzzing
# make install PREFIX=…  the C library, its header and netshoot.pc

CARGO ?= cargo
PYTHON ?= python3
VENV := $(CURDIR)/.venv
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
DEMO := netshoot-core/tests/captures/demo.pcapng
OUT := $(CURDIR)/demo-output
FEATURES := --features netshoot-core/arrow,netshoot-core/serde

.PHONY: all demo test test-rust test-python test-c lint bench proof install clean help

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
	$(CARGO) build --release --quiet -p netshoot
	$(TARGET)/release/netshoot analyze $(DEMO)
	$(TARGET)/release/netshoot ip addr
	$(VENV)/bin/maturin develop --quiet --release --manifest-path bindings-python/Cargo.toml
	$(VENV)/bin/python -m jupyter nbconvert --log-level=ERROR --to html --execute --output-dir $(OUT) docs/notebooks/incident.ipynb
	@echo "the notebook with its plots: $(OUT)/incident.html"

# --- tests

test: lint test-rust test-c test-python

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --quiet --workspace --all-targets $(FEATURES) -- -D warnings

test-rust:
	$(CARGO) nextest run $(FEATURES) || { command -v cargo-nextest >/dev/null && exit 1; $(CARGO) test $(FEATURES) --lib --bins --tests; }
	$(CARGO) test --quiet --doc $(FEATURES)

test-c:
	$(MAKE) -C bindings-c test

test-python: $(VENV)/ready
	$(VENV)/bin/maturin develop --quiet --manifest-path bindings-python/Cargo.toml
	$(VENV)/bin/python -m pytest -q bindings-python/tests

# --- figures

bench:
	$(CARGO) bench -p netshoot-benches

proof:
	@echo to be written

install:
	$(MAKE) -C bindings-c install

clean:
	rm -rf $(TARGET) $(VENV) $(OUT)
