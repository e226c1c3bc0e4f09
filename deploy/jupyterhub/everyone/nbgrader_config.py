"""Settings of nbgrader for all accounts on a hub; copy this file to etc/jupyter/ of the hub's environment.

Do not set `course_id` here: it would hide all other courses from the students. Set it in the `nbgrader_config.py` of
each course.
"""

c = get_config()  # noqa: F821  nbgrader defines it

# Students work in COURSE/ASSIGNMENT, so that assignments of two courses may have the same name.
c.Exchange.path_includes_course = True
