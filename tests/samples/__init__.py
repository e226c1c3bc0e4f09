"""Sample submissions, and the demo that has stock nbgrader grade them."""
