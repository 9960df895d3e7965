# Every environment is made from a lock with hashes; nothing is taken that is not named there.
PYTHON ?= python3
PIP = -m pip --disable-pip-version-check --quiet install
TEST = .venv-test/bin

.PHONY: run demo check test slow lock clean

run: .venv/ready  ## poll the feeds, alert and write digests until stopped
	.venv/bin/monitor run

demo: .venv/ready  ## the whole pipeline on sample outlets, without network
	.venv/bin/monitor demo

check: .venv-test/ready  ## formatting, linting, types
	$(TEST)/ruff format --check .
	$(TEST)/ruff check .
	$(TEST)/mypy

test: .venv-test/ready  ## the fast tests
	$(TEST)/pytest -n 2

slow: .venv-test/ready  ## the long runs as well
	$(TEST)/pytest -m "slow or not slow" --timeout 3600

lock:  ## write both locks anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --custom-compile-command "make lock" pyproject.toml --group build -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --custom-compile-command "make lock" pyproject.toml --group build --group dev \
		-c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv .venv-test

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) --require-hashes -r requirements.lock
	.venv/bin/python $(PIP) --no-deps --no-build-isolation -e .
	touch $@

.venv-test/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/python $(PIP) --require-hashes -r requirements-dev.lock
	.venv-test/bin/python $(PIP) --no-deps --no-build-isolation -e .
	touch $@
