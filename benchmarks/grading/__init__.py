"""Compare the cost of grading with stock nbgrader and with `lossedu grade`, on the same class: `make bench`.

    python -m benchmarks.grading [--copies N] [--growth N] [CHAPTER]...

Each chapter is graded for two classes. In one all submissions are right, in the other every second one is wrong. The
submissions differ as those of honest students do; see `students`.

The rows of the first table:

- "stock": `nbgrader autograde` with a configuration that only names the directories. It starts a kernel for each
  submission, and the checks run in this kernel.
- "stock, our configuration": the same command with the shipped `nbgrader_config.py`.
- "otter run": one command per submission, with tests that make the same checks, if `otter-grader` is installed.
- "lossedu grade": with one and with two processes that judge.
- "cells alone": the lower bound. Forks of a warm process run all cells except the tests, on all cores. There is no
  sandbox, and there are no messages, no verdicts and no gradebook. See `floor`.

CPU seconds are those of all processes, which the system counts when they end, divided by the number of submissions.
Memory is the peak of all processes together, measured once per second; shared pages are counted once.

The second table shows where `lossedu grade` spends its CPU seconds. See `commands.Parts`.

With all these commands, chapters do not compare with the live tf.keras while they are graded.
"""
