#!/usr/bin/env bash
# Run once by Gradescope, as root, when the image of the autograder is built.
set -euo pipefail
source=${AUTOGRADER:-/autograder}/source
environment=${LOSSEDU_ENVIRONMENT:-/opt/lossedu}

if command -v apt-get >/dev/null; then
    apt-get update -qq
    apt-get install -qq python3-venv bubblewrap
fi
"${PYTHON:-python3}" -m venv "$environment"
wheel=("$source"/lossedu-*.whl)
"$environment/bin/pip" install --quiet --constraint "$source/constraints.txt" "${wheel[0]}[grade]"
"$environment/bin/lossedu" grade-file --help >/dev/null
