"""A local identity provider (nanoidp) as a process on loopback, and a browser's way through it."""

import contextlib
import html
import re
import subprocess
import sys
import textwrap
import urllib.request

import httpx

from tests.engines import free_port, wait_until_open

CLIENT, SECRET = "campaign-express", "a-secret-between-us"
SETTINGS = """\
config_version: 1
server: {{host: "127.0.0.1", port: {port}}}
oauth:
  issuer: "{issuer}"
  audience: "{client}"
  token_expiry_minutes: 60
  clients:
    - {{client_id: "{client}", client_secret: "{secret}"}}
saml:
  default_acs_url: "http://cx.example/nowhere"
  export_groups: true
  groups_attr_name: "groups"
"""
USERS = """\
config_version: 1
users:
  ada: {password: "lovelace", email: "ada@agency.example", groups: ["campaigns"], roles: ["USER"]}
  eve: {password: "evening", email: "eve@elsewhere.example", groups: ["others"], roles: ["USER"]}
"""


class LocalProvider:
    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"

    def certificate(self):
        with urllib.request.urlopen(f"{self.issuer}/saml/cert.pem") as answer:
            return answer.read().decode()

    async def signed_in(self, url, name="ada", password="lovelace"):  # noqa: S107 - made up
        """Go where we are sent, type name and password, and return the provider's last answer."""
        async with httpx.AsyncClient(base_url=self.issuer) as browser:
            asked = await browser.get(url)
            form = {**hidden(asked.text), "username": name, "password": password}
            return await browser.post(str(asked.url), data=form)


def hidden(page):
    """Return the hidden fields of a page's form."""
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page)
    named = ((re.search(r'name="([^"]*)"', i), re.search(r'value="([^"]*)"', i)) for i in inputs)
    return {name[1]: html.unescape(value[1]) for name, value in named if name and value}


@contextlib.contextmanager
def local_provider(directory):
    port = free_port()
    told = {"port": port, "issuer": f"http://127.0.0.1:{port}", "client": CLIENT, "secret": SECRET}
    (directory / "settings.yaml").write_text(textwrap.dedent(SETTINGS).format(**told))
    (directory / "users.yaml").write_text(USERS)
    command = [sys.executable, "-m", "nanoidp", "--config", str(directory), "--port", str(port)]
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=directory) as process,
    ):
        try:
            wait_until_open(port, process)
            yield LocalProvider(port)
        finally:
            process.terminate()
