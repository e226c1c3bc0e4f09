"""Read what was handed in, whatever program saved it, and find in it what an assignment asks for.

Pure functions from bytes to a notebook and remarks. They need neither nbgrader nor a kernel, so that every command
reads a submission in the same way:

- `places` finds what lies in a folder of submissions, and `choosing` the notebook in what one student handed in;
- `notebooks` and `scripts` read a file as a notebook, `archives` and `times` what else there is;
- `matching` gives the cells of a notebook the roles that they have in the assignment, as `masters` knows them.
"""
