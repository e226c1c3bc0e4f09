"""Settings for the Jupyter server of each account; copy this file to etc/jupyter/ of the hub's environment."""

import os

c = get_config()  # noqa: F821  Jupyter defines it

# The menu shows the formgrader in a frame. JupyterHub refuses all frames: if all servers share one address, a page on a
# student's server could show a teacher's page in a frame and use it. With subdomains, each server has its own address.
if os.environ.get("JUPYTERHUB_HOST"):
    c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
