"""Syntax errors show the same file name for a cell as ipykernel, and so as stock nbgrader."""

import pytest
from ipykernel.compiler import get_file_name

from lossedu.executor._cell_names import Compiler


@pytest.mark.parametrize("text", ["", "1", "1 +", "x = 1", "é∑😀", "print('x')\n" * 1001, "\n".join("äöü€")])
def test_a_cell_has_the_name_that_ipykernel_gives_it(text):
    for cut in range(4):
        cell = text + "#" * cut
        assert Compiler().get_code_name(cell, cell, 1) == get_file_name(cell)
