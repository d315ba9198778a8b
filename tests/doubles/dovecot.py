"""A Dovecot of our own: unprivileged, on loopback, with folders under a temporary directory."""

import contextlib
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.doubles.processes import free_port

BINARY = shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin")
PASSWORD = "senha-de-teste"

CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login {mechanisms}
mail_location = maildir:{root}/mail/%u
imap_idle_notify_interval = 1 mins
imap_capability = {capability}
mail_max_userip_connections = 50
protocol lmtp {{
  auth_username_format = %Ln
  recipient_delimiter = +
}}
{by_token}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/home/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


#: access tokens are good when an issuer says so (RFC 7662)
BY_TOKEN = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf
}}
"""
INTROSPECTION = """
introspection_mode = post
introspection_url = {url}
active_attribute = active
active_value = true
username_attribute = username
"""


class Dovecot:
    """`with Dovecot() as server: server.deliver("fale", raw)`; any user name exists.

    `capability` replaces what it announces, to look like a poorer server. `introspection` is the
    address of an issuer that knows access tokens.
    """

    def __init__(self, capability: str = "", introspection: str = "") -> None:
        assert BINARY is not None, "Dovecot is missing: apt-get install dovecot-imapd dovecot-lmtpd"
        self.root = Path(tempfile.mkdtemp(prefix="ponte-dovecot-", dir="/tmp"))
        self.imap_port, self.lmtp_port = free_port(), free_port()
        # Dovecot refuses to run mail processes as root.
        user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        group = subprocess.run(
            ["id", "-gn", user.pw_name], check=True, capture_output=True, text=True
        ).stdout.strip()
        self._as = ["runuser", "-u", user.pw_name, "--"] if os.getuid() == 0 else []
        self._config = self.root / "dovecot.conf"
        self._config.write_text(
            CONFIG.format(
                root=self.root,
                user=user.pw_name,
                group=group,
                imap=self.imap_port,
                lmtp=self.lmtp_port,
                password=PASSWORD,
                capability=capability,
                mechanisms="xoauth2 oauthbearer" if introspection else "",
                by_token=BY_TOKEN.format(root=self.root) if introspection else "",
            )
        )
        (self.root / "oauth2.conf").write_text(INTROSPECTION.format(url=introspection))
        for name in ("run", "state", "mail", "home"):
            (self.root / name).mkdir()
        if os.getuid() == 0:
            for path in (self.root, *self.root.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def url(self, user: str, folder: str = "INBOX") -> str:
        return f"imap://{user}:{PASSWORD}@127.0.0.1:{self.imap_port}/{folder}"

    def start(self) -> None:
        (self.root / "run" / "master.pid").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [*self._as, BINARY, "-F", "-c", str(self._config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for port in (self.imap_port, self.lmtp_port):
            self._wait_for(port)

    def stop(self) -> None:
        """Stop everything, sessions included: without its master a session goes on."""
        if self._process is None:
            return
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def pids(self, name: str = "") -> list[int]:
        """Processes of this server whose name is `name` (all when empty)."""
        assert self._process is not None
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                # Behind the name in brackets: state, parent, group, session (proc(5)).
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
                command = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
                if session == self._process.pid and name in {"", command.removeprefix("dovecot/")}:
                    found.append(int(entry.name))
        return found

    def deliver(self, user: str, *messages: bytes, sender: str = "ana@clinica.example") -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            for message in messages:
                lmtp.sendmail(sender, [f"{user}@ponte.example"], message)

    def files(self, user: str, folder: str = "") -> list[Path]:
        """The messages of a folder in no order; flags are behind `:2,` in the name."""
        home = self.root / "mail" / user / (f".{folder}" if folder else "")
        return [*home.glob("cur/*"), *home.glob("new/*")]

    def unread(self, user: str) -> list[Path]:
        return [file for file in self.files(user) if "S" not in file.name.partition(":2,")[2]]

    def _wait_for(self, port: int) -> None:
        """Until the server greets: one that only listens may still hang up."""
        for _ in range(400):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", port), 1) as connection,
            ):
                if connection.recv(1):
                    return
            time.sleep(0.025)
        raise AssertionError((self.root / "log").read_text())
