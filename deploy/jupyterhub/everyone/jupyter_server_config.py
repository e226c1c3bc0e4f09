"""What each account's Jupyter server needs to know; goes to etc/jupyter/ of the hub's environment."""

import os

c = get_config()  # noqa: F821  Jupyter brings it in

# The menu shows the formgrader in a frame. JupyterHub refuses all frames, because a page on a student's server could
# use a page of a teacher's in a frame, if all servers share one address. With subdomains they do not.
if os.environ.get("JUPYTERHUB_HOST"):
    c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
