"""What grading costs: stock nbgrader and `lossedu grade`, on the same class, in one run: `make bench`.

    python -m benchmarks.grading [--copies N] [--growth N] [CHAPTER]...

Each chapter is graded for two classes. In one all submissions are right, in the other every second one is wrong. They
differ as those of honest students do, see `students`.

The rows of the first table:

- "stock": `nbgrader autograde` with a configuration that names the directories and nothing else. It starts a kernel for
  each submission, and the checks run in this kernel.
- "stock, our configuration": the same command with the shipped `nbgrader_config.py`.
- "otter run": one command per submission, with tests that make the same checks, if `otter-grader` is installed.
- "lossedu grade": with one and with two processes that judge.
- "cells alone": the floor. A warm process is forked and runs the cells that are no tests, on all cores. Nothing else
  costs anything: no sandbox, no messages, no verdicts, no gradebook. See `floor`.

CPU seconds are those of all processes, as the system accounts for them when they end, divided by the submissions.
Memory is the peak of all processes together, as seen once a second; shared pages are counted once.

The second table divides the CPU seconds of `lossedu grade`. See `commands.Parts`.

Chapters do not compare with the live tf.keras while they are graded, whoever grades.
"""
