#!/bin/sh
# Pins and hashes every Python package for all supported Pythons, and the front end's packages.
# The lock files name no index: where packages come from is the machine's business.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    [ -x .cache/uv/bin/uv ] || { .venv/bin/python -m venv .cache/uv && .cache/uv/bin/pip install -q uv; }
    uv=.cache/uv/bin/uv
fi
for name in run test node; do
    "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url "requirements/$name.in" -o "requirements/$name.txt" "$@"
done
sh setup/with_python.sh -m setup.prepare npm run lock
