"""Let a cell go on after a shell line, a magic or `exit()`. lossedu sends this code, as `_audit_hook`.

A refused line must not cost the answers that don't need it. The cell prints a line about it.
"""

PACKAGE_MAGICS = ("conda", "mamba", "micromamba", "pip", "uv")
SCRIPT_MAGICS = ("bash", "cmd", "perl", "pypy", "python", "python2", "python3", "ruby", "script", "sh")
CODE_MAGICS = ("debug", "prun", "run", "time", "timeit")  # run the learner's own code: show its errors


def pass_over_shell_lines():
    """Let a cell go on after a shell line or a magic that is refused or fails: print a line that says so."""
    from IPython import get_ipython
    from IPython.utils.text import LSString, SList

    shell = get_ipython()
    run_line_magic, run_cell_magic = shell.run_line_magic, shell.run_cell_magic

    def say_not_run(line):
        first = line.strip().splitlines()[0]
        print(f"{first[:100].strip()} is not run while submissions are graded.")

    def system(command):
        say_not_run(f"!{command}")
        shell.user_ns["_exit_code"] = 1

    def getoutput(command, split=True, depth=0):
        say_not_run(f"!{command}")
        return SList() if split else LSString()

    def line_magic(name, line, _stack_depth=1):
        if name in PACKAGE_MAGICS:
            return say_not_run(f"%{name} {line}")
        depth = _stack_depth + 1  # IPython finds the frame of the cell by this number
        if name in CODE_MAGICS:
            return run_line_magic(name, line, _stack_depth=depth)
        try:
            return run_line_magic(name, line, _stack_depth=depth)
        except Exception as error:  # a magic may raise anything
            why = " ".join(str(error).split())[:200]
            shown = f"%{name} {line}".strip()
            print(f"{shown} is skipped while submissions are graded: {why}")
            if name in ("matplotlib", "pylab"):  # the failed magic has already changed a part of the backend
                run_line_magic("matplotlib", "inline")

    def cell_magic(name, line, cell):
        if name in SCRIPT_MAGICS:
            return say_not_run(f"%%{name} {line}")
        return run_cell_magic(name, line, cell)

    shell.system, shell.getoutput = system, getoutput
    shell.run_line_magic, shell.run_cell_magic = line_magic, cell_magic


def pass_over_exit():
    """Let a notebook go on after `exit()` or `quit()`.

    The kernel would end a moment later, in any of the next cells, so that the points would depend on chance.
    """

    from IPython import get_ipython

    def ask_exit():
        print("exit() and quit() are skipped while submissions are graded.")

    get_ipython().ask_exit = ask_exit
