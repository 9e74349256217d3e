#!/bin/sh
# Lock the requirements: hashes only, no index and no path of this machine.
set -eu
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="make lock"
compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate "$@" pyproject.toml
}
unset PIP_FIND_LINKS UV_FIND_LINKS
compile --extra server --output-file requirements/server.txt
compile --all-extras --group dev --constraint requirements/server.txt --output-file requirements/dev.txt
