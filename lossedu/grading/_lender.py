"""A process beside a grading kernel that lends it answers to earlier chapters: calls come in, results go out, as text.

What is lent can be called there, but neither read nor taken apart.
"""

import sys

from lossedu import exercises
from lossedu.grading._guard import dumps, loads
from lossedu.mine import reference


def lend(names, calls):
    """Yield the reply to each call, a line of JSON as `_guard.borrowed` writes it."""
    functions = {name: reference(exercises.get(name)) for name in names}
    kept = {}  # objects that a state holds stay here; a number stands for them outside

    def keep(thing):
        kept[id(thing)] = thing
        return {"kept": id(thing)}

    for line in calls:
        serial, name, arguments, options = loads(line, kept)
        try:
            yield dumps([serial, functions[name](*arguments, **options), None], keep)
        except Exception as error:  # the caller's, who is told
            yield dumps([serial, None, f"{type(error).__name__}: {error}"])


if __name__ == "__main__":
    for reply in lend(sys.argv[1:], sys.stdin):
        print(reply, flush=True)
