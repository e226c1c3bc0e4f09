"""A JupyterHub whose users are the accounts of one machine, and whose courses use nbgrader.

docs/jupyterhub.md explains how to use it.
"""

import pwd

c = get_config()  # noqa: F821  JupyterHub defines it

# Put a web server with HTTPS in front of this address.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"

# Every account of the machine may log in, with its password (PAM).
c.Authenticator.allow_all = True
c.Spawner.default_url = "/lab"

c.JupyterHub.services = []
c.JupyterHub.load_groups = {}
c.JupyterHub.load_roles = []


def add_course(course, graders, port):
    """Let several people grade one course, in an account that holds it.

    Args:
        course: the course's `course_id`; the account must be named `grader-COURSE`.
        graders: users of the hub; they get all rights of that account.
        port: a free port for the course's server; browsers reach the server at `/services/COURSE/`.
    """
    account, group = f"grader-{course}", f"formgrade-{course}"
    service = {
        "name": course,
        "url": f"http://127.0.0.1:{port}",
        "command": ["jupyterhub-singleuser"],
        "user": account,
        "cwd": pwd.getpwnam(account).pw_dir,
        "environment": {"JUPYTERHUB_DEFAULT_URL": "/lab"},
        "oauth_no_confirm": True,
    }
    role = {"name": group, "groups": [group], "scopes": [f"access:services!service={course}"]}
    c.JupyterHub.services.append(service)
    c.JupyterHub.load_groups[group] = {"users": graders}
    c.JupyterHub.load_roles.append(role)
