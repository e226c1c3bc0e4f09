"""What grading needs besides nbgrader."""
