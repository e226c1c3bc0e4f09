"""Read submissions, whatever program saved them, and find the cells that an assignment asks for.

The modules need neither nbgrader nor a kernel, so every command reads a submission in the same way. `places` lists
folders, and `modules` can read one. All other functions are pure, from bytes to a notebook and remarks:

- `places` finds the entries in a folder of submissions, and `choosing` chooses the notebook among a student's files;
- `notebooks` and `scripts` read a file as a notebook, `archives` unpacks a zip, and `times` reads a `timestamp.txt`;
- `matching` gives the cells of a notebook their roles in the assignment, which `masters` describes;
- `modules` adds the cells of a module of answers, and `file_names` compares names that people and programs change;
- `names` finds the names that a cell defines, and `litter` recognises files that no student made.
"""
