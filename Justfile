# The everyday commands. `just` alone lists them.

python := "python"

[private]
default:
    @just --list

# Install the package with everything the tests need, editable
install:
    {{python}} -m pip install -e '.[test]'

# All tests that this machine can run (tests marked jack need a JACK server: see `just ci`)
test *ARGS:
    {{python}} -m pytest {{ARGS}}

# Lint, format check and types
check:
    {{python}} -m ruff check .
    {{python}} -m ruff format --check .
    {{python}} -m mypy

# Format and mend what can be mended
format:
    {{python}} -m ruff check --fix .
    {{python}} -m ruff format .

# A jam without any MIDI port
jam *ARGS:
    {{python}} -m copilot jam {{ARGS}}

# The pages in docs/ as a site, in site/ (`pip install -e '.[docs]'` first)
docs:
    {{python}} -m mkdocs build --strict

# The long benchmarks, one at a time: tables with the peer or the limit beside each figure (`copilot bench`: the short)
bench *ARGS:
    {{python}} -m pytest {{ if ARGS == "" { "tests/bench" } else { ARGS } }}

# What strangers can send, N inputs for each reader of it, and a table; what breaks one goes into tests/fuzz/corpus/TARGET/
fuzz N="1000000" *TARGETS:
    {{python}} -m tests.fuzz.run --inputs {{N}} {{TARGETS}}

# HOURS of a band through the whole stack as fast as it can be computed, in at most MINUTES, then LIVE minutes on real ports
soak HOURS="8" MINUTES="60" LIVE="10":
    #!/usr/bin/env bash
    set -euo pipefail
    export JACK_DEFAULT_SERVER="copilot-soak-$$" JACK_NO_START_SERVER=1 PYTHONPATH="$PWD"
    hours={{trim_start_match(HOURS, "HOURS=")}} minutes={{trim_start_match(MINUTES, "MINUTES=")}}
    {{python}} tests/soak/soak.py "$hours" "$minutes" eighths
    {{python}} tests/soak/soak.py "$hours" "$minutes"
    jackd -n "$JACK_DEFAULT_SERVER" --no-realtime --no-mlock -S -t 10 -d dummy -r 48000 -p 128 -C 0 -P 0 >/dev/null 2>&1 &
    trap 'kill %1' EXIT
    jack_wait -s "$JACK_DEFAULT_SERVER" -w -t 10
    {{python}} tests/soak/live.py {{trim_start_match(LIVE, "LIVE=")}}

# Two such runs, of different TESTS, may go beside each other: each has a JACK server of its own.

# Kill, stop and starve each process TIMES times amid a chord, and print the tables of docs/reliability.md: 1.5 hours
fault TIMES="50" TESTS="tests/fault/test_matrix.py tests/fault/test_amid_a_chord.py tests/fault/test_unplugged.py":
    #!/usr/bin/env bash
    set -euo pipefail
    export JACK_DEFAULT_SERVER="copilot-fault-$$" JACK_NO_START_SERVER=1
    jackd -n "$JACK_DEFAULT_SERVER" --no-realtime --no-mlock -t 10 -d dummy -r 48000 -p 128 -C 0 -P 0 >/dev/null 2>&1 &
    trap 'kill %1' EXIT
    jack_wait -s "$JACK_DEFAULT_SERVER" -w -t 10
    COPILOT_FAULT_TIMES={{TIMES}} {{python}} -m pytest -n 0 -s {{TESTS}}

# Train the model that ships, from the MIDI collections in DATA
train DATA OUT:
    {{python}} -m training all --config configs/train-default.toml --data {{DATA}} --out {{OUT}}

# Everything that the integration runs, JACK server included
ci:
    bash .ci/run
