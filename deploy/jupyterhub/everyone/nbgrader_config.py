"""What nbgrader needs to know of every account on a hub; goes to etc/jupyter/ of the hub's environment.

No `course_id` here: it would hide all other courses from the students. Each course names itself, in the
`nbgrader_config.py` of its own folder.
"""

c = get_config()  # noqa: F821  nbgrader brings it in

# Students work in COURSE/ASSIGNMENT, so that assignments of two courses may have the same name.
c.Exchange.path_includes_course = True
