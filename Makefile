# make run   sets everything up on a fresh machine and opens the app
# make test  sets everything up with the test tools and runs every check
# make bench measures speed beside llama.cpp's own programs, and how soon a dead model process is replaced
#            (run it on an idle machine; it builds those programs first, about five minutes)
# make bundle builds dist/chatapp, a folder with the program and all it needs, and tries it out
PYTHON ?= python3
BIN := .venv/bin
export PYTHON

.PHONY: run test bench bundle screenshots clean

run:
	@sh scripts/setup.sh run
	@$(BIN)/chatapp $(ARGS)

# Two busy threads on two cores wait for each other: tests compute with one, and never spin. Two run at a time, those of
# one file together.
test: export OMP_WAIT_POLICY = passive
test: export QT_QPA_PLATFORM = offscreen
test:
	@sh scripts/setup.sh test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/translations.py --check
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

bench:
	@sh scripts/setup.sh test
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.probabilities
	$(BIN)/python -m benchmarks.lanes
	$(BIN)/python -m benchmarks.finetune
	$(BIN)/python -m benchmarks.second_turn
	$(BIN)/python -m benchmarks.chunks
	$(BIN)/python -m benchmarks.standby
	$(BIN)/python -m benchmarks.transcript
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.start

bundle: export OMP_WAIT_POLICY = passive
bundle:
	@sh scripts/setup.sh test
	@sh scripts/bundle.sh
	CHATAPP_BUNDLE=dist/chatapp $(BIN)/python -m pytest tests/acceptance/test_bundle.py

screenshots:
	@sh scripts/setup.sh test
	PYTHONPATH=. $(BIN)/python scripts/screenshots.py build/screenshots

clean:
	rm -rf .venv build dist
