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

# Without a sandbox, submissions run as other users. They can read Python, but neither the answers nor the master.
"$environment/bin/python" - <<'END' | xargs -d '\n' chmod -R go=
import os

from lossedu.grading._audit_hook import places_of
from lossedu.grading.session import OWN, READY_MADE

print(*filter(os.path.exists, places_of([*READY_MADE, *OWN])), sep="\n")
END
chmod -R go= "$source"
