"""A machine with a real JupyterHub, set up by the commands of `docs/jupyterhub.md`, each run by the account it names.

Where the guide writes to folders of the system, this machine has folders of its own; `_TEMPORARY` lists them.
Root makes accounts. Another user gets a hub whose accounts are only home folders.
"""

import configparser
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import ClassVar

from tests.browser.conftest import free_port
from tests.conftest import ROOT
from tests.grading import postgresql

GUIDE = (ROOT / "docs" / "jupyterhub.md").read_text(encoding="utf-8")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's Python, not the running one
STUDENTS = ("ann", "ben")
ACCOUNTS = ("teacher", "tutor", *STUDENTS, "grader-evening")
PASSWORD = "correct horse"  # noqa: S105  of accounts that live as long as the test
OF_REGISTRIES = re.compile("pip|npm|node|cert|ca_bundle|proxy", re.IGNORECASE)  # variables that downloads may need
SECONDS = 300  # for what should take a few
_TEMPORARY = {
    "/opt/lossedu": "installation",
    "/srv/jupyterhub": "hub",
    "/usr/local/share/nbgrader": "nbgrader",
    "/etc/profile.d": "profile",
}


def kind_of_hub():
    """Return the class of the hub that this user can start; only root can make accounts."""
    return Hub if os.getuid() == 0 else HubOfOneUser


def why_not():
    """Say why this machine can have no JupyterHub; None if it can."""
    programs = ["npm", "node", "bwrap", *(["useradd", "runuser"] if kind_of_hub().has_accounts else [])]
    if missing := [name for name in programs if not shutil.which(name, path=SYSTEM_PATH)]:
        return f"not installed: {', '.join(missing)}"
    if subprocess.run(["python3", "-c", "import ensurepip"], env={"PATH": SYSTEM_PATH}, capture_output=True).returncode:
        return "the system's Python makes no virtual environments"
    if subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True).returncode:
        return "bubblewrap may not make sandboxes"
    if not kind_of_hub().has_accounts:
        return None
    if reason := postgresql.why_not():
        return reason
    existing = [account for account in ACCOUNTS if _exists(account)]
    return f"these accounts exist, and a test must not touch them: {', '.join(existing)}" if existing else None


def blocks_of(guide):
    """Return the blocks of commands, as (heading, who runs it, where, the block)."""
    found, heading = [], ""
    for match in re.finditer(r"^#+ (?P<heading>.*)$|^```sh\n(?P<block>(?:.*\n)*?)```$", guide, re.MULTILINE):
        if match["heading"]:
            heading = match["heading"]
        else:
            who, where = re.match(r"# as ([\w-]+)(?:, in (.*))?\n", match["block"]).groups()
            found.append((heading, who, where, match["block"]))
    return found


class Hub:
    """The machine: its accounts, its installation, and its JupyterHub while that runs."""

    has_accounts = True
    variables: ClassVar = {}  # for the accounts' processes

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lossedu-hub-"))
        self.folder.chmod(0o755)
        self.homes = self.folder / "home"
        self.homes.mkdir()
        self.address = f"http://127.0.0.1:{free_port()}"
        self.replaced = {path: str(self.folder / name) for path, name in _TEMPORARY.items()} | {
            "http://127.0.0.1:8000": self.address,
            "port=10001": f"port={free_port()}",
        }
        self.prepare_accounts()
        for place in ("/etc/profile.d", "/opt/lossedu"):
            Path(self.replaced[place]).mkdir()
        self.waiting = blocks_of(GUIDE)
        self.process = None

    def prepare_accounts(self):
        """Give the accounts that the guide makes a place, and PostgreSQL, which knows them."""
        self.database = postgresql.Server()
        self.database.folder.chmod(0o755)  # as /var/run/postgresql is
        self.replaced |= {
            "useradd ": f"useradd --base-dir {self.homes} ",
            "/var/run/postgresql": str(self.database.folder),
        }

    def here(self, text):
        """Return a text of the guide with the folders and ports of this machine."""
        for old, new in self.replaced.items():
            text = text.replace(old, new)
        return text

    # --- The guide ---

    def follow(self, heading, until=None, **replaced):
        """Run the blocks below a heading; return what each printed.

        `until` names an account: stop before the first block of another account. `replaced` are texts of the blocks
        and what stands there instead.
        """
        printed = []
        while self.waiting and self.waiting[0][0] == heading and until in (None, self.waiting[0][1]):
            _, who, where, block = self.waiting.pop(0)
            for old, new in replaced.items():
                block = block.replace(old, new)
            printed.append(self.run(who, self.here(block), where))
        assert printed, f"the guide's next block is under {self.waiting[0][0]!r}, not under {heading!r}"
        return printed

    def run(self, who, commands, where=None):
        """Run commands as an account in its home folder, or where the guide says; return what they print."""
        home = self.home_of(who)
        folder = {None: home, "the course": home / "lossedu", "lossedu's folder": ROOT}[where]
        environment = {"HOME": str(home), "PATH": SYSTEM_PATH, "LANG": "C.UTF-8", "USER": who, "LOGNAME": who}
        environment |= self.variables
        if who == "root":
            environment |= {name: value for name, value in os.environ.items() if OF_REGISTRIES.search(name)}
        elif who == "postgres":
            environment |= {"PGHOST": str(self.database.folder), "PGUSER": "teacher"}
        shell = ["bash", "-c"] if who in ("root", "postgres") else self.login_shell(who)
        script = f"set -euo pipefail\numask 077\n{commands}"
        done = subprocess.run([*shell, script], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{who}: {commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def home_of(self, who):
        """Return the home folder of an account."""
        return Path("/root") if who in ("root", "postgres") else self.homes / who

    def login_shell(self, account):
        """Return the command that runs a script as an account that has logged in."""
        return ["runuser", "-u", account, "--", "bash", "--login", "-c"]

    def give(self, account, name, content):
        """Put a file or folder into an account's home folder, as a person would who got it elsewhere."""
        place = self.homes / account / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            copy = shutil.copytree if content.is_dir() else shutil.copy
            copy(content, place, **({"dirs_exist_ok": True} if content.is_dir() else {}))
        else:
            place.write_text(content, encoding="utf-8")
        self.hand_over(self.homes / account, account)

    def hand_over(self, folder, account):
        """Let an account own a folder."""
        subprocess.run(["chown", "--recursive", f"{account}:", folder], check=True)

    # --- What the guide leaves to the administrator ---

    def settle(self):
        """Set the addresses of this machine where the guide relies on the system's."""
        installed = Path(self.replaced["/opt/lossedu"])
        exchange = self.replaced["/usr/local/share/nbgrader"]
        with (installed / "etc/jupyter/nbgrader_config.py").open("a") as config:
            config.write(f'\nc.Exchange.root = "{exchange}/exchange"\n')
        config = Path(self.replaced["/srv/jupyterhub"], "jupyterhub_config.py")
        config.write_text(
            self.here(config.read_text())
            + f'\nc.JupyterHub.hub_port = {free_port()}\nc.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{free_port()}"\n'
        )

    def open_account(self, account):
        """Give an account a password, and a profile that does what /etc/profile does."""
        self.set_password(account)
        profile = self.replaced["/etc/profile.d"]
        self.give(account, ".profile", f'. "{profile}/lossedu.sh"\nexport PATH\n')

    def set_password(self, account):
        """Give an account the password of this test."""
        subprocess.run(["chpasswd"], input=f"{account}:{PASSWORD}", text=True, check=True)

    def use_subdomains(self):
        """Give each server an address of its own, as the guide says; the browser finds all names below localhost."""
        self.address = self.address.replace("127.0.0.1", "hub.localhost")
        with Path(self.replaced["/srv/jupyterhub"], "jupyterhub_config.py").open("a") as config:
            config.write(f"\nc.JupyterHub.subdomain_host = {self.address!r}\n")

    def start(self):
        """Start the hub as its systemd unit says, and wait until it answers."""
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str
        unit.read_string(self.here((ROOT / "deploy" / "jupyterhub" / "jupyterhub.service").read_text()))
        service = unit["Service"]
        name, _, value = service["Environment"].partition("=")
        self.log = self.folder / "hub.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                service["ExecStart"].split(),
                cwd=service["WorkingDirectory"],
                env={name: value, "HOME": str(self.home_of("root")), "LANG": "C.UTF-8"},
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=0o077,
            )
        place = urllib.parse.urlsplit(self.address)
        request = urllib.request.Request(f"http://127.0.0.1:{place.port}/hub/api/", headers={"Host": place.netloc})
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(request, timeout=2)  # noqa: S310  it is the loopback address
                return
            except OSError:
                time.sleep(0.5)
        raise RuntimeError(f"JupyterHub does not answer:\n{self.log.read_text()[-3000:]}")

    def stop(self):
        """Stop the hub, and with it all servers."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=SECONDS)
            self.process = None

    def close(self):
        """Stop everything, and remove the accounts and all files."""
        try:
            self.stop()
        finally:
            self.remove_accounts()
            shutil.rmtree(self.folder)

    def remove_accounts(self):
        """Remove the accounts, and PostgreSQL."""
        for account in filter(_exists, ACCOUNTS):
            _end_processes(pwd.getpwnam(account).pw_uid)
            subprocess.run(["userdel", "--remove", account], capture_output=True, check=True)
        self.database.close()


class HubOfOneUser(Hub):
    """Such a machine without root: all accounts belong to the user who runs the test, and differ in their home folders.

    Nothing keeps them from each other's files, and the hub cannot run a service in another account. So there is no
    course of several graders.
    """

    has_accounts = False
    variables: ClassVar = {
        "JUPYTER_PREFER_ENV_PATH": "0"
    }  # or settings in an installation of one's own would come first

    def prepare_accounts(self):
        """Make home folders in the place of accounts."""
        self.home_of("root").mkdir()
        self.replaced["useradd --create-home --shell /bin/bash -K HOME_MODE=0700 "] = f"mkdir -m 700 {self.homes}/"

    def home_of(self, who):
        """Return the home folder of an account."""
        return self.folder / "root" if who == "root" else self.homes / who

    def login_shell(self, account):
        """Return the command that runs a script as after a login, in the home folder that the environment names."""
        return ["bash", "--login", "-c"]

    def hand_over(self, folder, account):
        """Change no owner: there is only one."""

    def settle(self):
        """Also take home folders for accounts: the hub with a dummy's login, nbgrader by a student's id."""
        super().settle()
        installed = Path(self.replaced["/opt/lossedu"])
        with (installed / "etc/jupyter/nbgrader_config.py").open("a") as config:
            config.write("\nc.ExchangeCollect.check_owner = False\n")
        with Path(self.replaced["/srv/jupyterhub"], "jupyterhub_config.py").open("a") as config:
            config.write(
                f"""
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {PASSWORD!r}
c.JupyterHub.spawner_class = "simple"
c.Spawner.environment = {self.variables}
c.SimpleLocalProcessSpawner.home_dir_template = "{self.homes}/{{username}}"
"""
            )

    def set_password(self, account):
        """Let nbgrader know a student by the name of the home folder."""
        if account in STUDENTS:
            config = f'c = get_config()\nc.CourseDirectory.student_id = "{account}"\n'
            self.give(account, ".jupyter/nbgrader_config.py", config)

    def remove_accounts(self):
        """Leave it at the home folders."""


def _exists(account):
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


def _end_processes(user):
    """Kill what an account of this test left running."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == user:
                os.kill(int(process.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue
