#!/bin/sh
# Runs the rest of the command line with the first Python that is new enough. PYTHON=... chooses one.
for candidate in "$PYTHON" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" "$@"
    fi
done
echo "Callcenter needs Python 3.11 or newer: install python3 and python3-venv, or name one with PYTHON=/path/to/python3." >&2
exit 1
