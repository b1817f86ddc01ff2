"""Logging in as people, machines and CI jobs do: processes, a real OpenID provider, a real server."""

import json
import re
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.e2e.browser import Browser
from tests.e2e.registry_server import RegistryServer
from tests.e2e.terminal import CommandLine
from tests.servers.openid_provider import CLIENT, SECRET, OpenIdProvider
from tests.servers.signing_issuer import SigningIssuer, signing_issuer

REPOSITORY = Path(__file__).parents[2]
ANA = {"name": "Ana", "groups": ["risk-team"]}


@pytest.fixture(scope="module")
def sso(tmp_path_factory: pytest.TempPathFactory, openid_provider_server: OpenIdProvider) -> Iterator[RegistryServer]:
    """A registry that people log in to with the provider `corporate`."""
    options = {"MODELKEEP_OUTBOUND_ALLOW": "127.0.0.1", "MODELKEEP_OIDC_CORPORATE_SECRET": SECRET}
    server = RegistryServer(tmp_path_factory.mktemp("registry"), options)
    server.start()
    openid_provider_server.configure(server.url, "corporate", {"ana": ANA})
    with server.connect(tmp_path_factory.mktemp("cache")) as admin:
        details = {"issuer": openid_provider_server.issuer, "client_id": CLIENT, "title": "Corporate"}
        admin.create_login_provider("corporate", details)
    yield server
    server.stop()


@pytest.fixture
def ana(sso: RegistryServer, tmp_path: Path) -> CommandLine:
    """A user who has no token yet."""
    return CommandLine(sso, tmp_path)


def own(folder: Path, server: RegistryServer) -> dict[str, str]:
    """The variables of somebody whose settings are not those of the server's own user."""
    return {"XDG_CONFIG_HOME": str(folder / "config"), "MODELKEEP_URL": server.url, "PYTHONPATH": str(REPOSITORY)}


def test_the_command_line_logs_in_through_the_browser_of_its_machine(
    ana: CommandLine, openid_provider_server: OpenIdProvider, tmp_path: Path
) -> None:
    command = shlex.join([sys.executable, "-m", "tests.e2e.browser", "ana", openid_provider_server.issuer])
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nexec {command} "$1"\n')
    browser.chmod(0o700)
    variables = {**own(tmp_path, ana.server), "BROWSER": str(browser)}
    done = ana.on_terminal("login", variables=variables)
    assert done.code == 0, done.plain
    assert "as Ana" in " ".join(done.plain.split())
    assert ana.run("whoami", "--output", "json", variables=variables).json["name"] == "Ana"
    kept = json.loads((tmp_path / "config" / "modelkeep" / "credentials.json").read_text())
    (token,) = (entry["token"] for entry in kept["registries"].values())
    assert "is revoked and forgotten" in ana.run("logout", variables=variables).out
    assert ana.run("whoami", variables={**variables, "MODELKEEP_TOKEN": token}).code == 3


def test_a_token_that_was_given_is_forgotten_and_stays_good(ana: CommandLine, tmp_path: Path) -> None:
    with ana.server.connect(tmp_path / "cache") as admin:
        token = str(admin.create_token(name="shared").secret)
    variables = own(tmp_path, ana.server)
    assert ana.run("login", "--token", token, variables=variables).code == 0
    done = ana.run("logout", variables=variables)
    assert ("is forgotten" in done.out, "It stays valid" in done.err) == (True, True)
    assert ana.run("whoami", variables={**variables, "MODELKEEP_TOKEN": token}).code == 0


def test_a_machine_without_a_browser_logs_in_by_a_code(
    ana: CommandLine, openid_provider_server: OpenIdProvider, tmp_path: Path
) -> None:
    variables = own(tmp_path, ana.server)
    waiting = ana.start("login", "--device", "--output", "json", variables=variables)
    assert waiting.stderr is not None
    address = ""
    while not address:
        found = re.search(r"http://\S+user_code=\S+", waiting.stderr.readline())
        address = found[0] if found else ""
    person = Browser("ana", openid_provider_server)
    assert "is logged in" in person.approve(person.open(address)).text
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, err
    assert json.loads(out)["name"] == "Ana"


def test_a_logout_at_the_provider_ends_the_session_here(
    sso: RegistryServer, openid_provider_server: OpenIdProvider
) -> None:
    person = Browser("ana", openid_provider_server)
    assert "You are logged in as Ana" in person.open(f"{sso.url}/login?return_to=/login").text
    openid_provider_server.log_out(person.there)
    deadline = time.monotonic() + 10
    while person.registry.get(f"{sso.url}/api/v1/session").status_code != 401:
        assert time.monotonic() < deadline, "the provider's order did not arrive"
        time.sleep(0.05)


@pytest.fixture
def trusted(sso: RegistryServer, tmp_path: Path) -> Iterator[SigningIssuer]:
    with signing_issuer() as issuer, sso.connect(tmp_path / "cache") as admin:
        admin.ensure_model("fraud/scorer")
        conditions = {"claims": {"sub": ["job:release"]}}
        admin.create_publisher("release", "generic", conditions, scopes=["fraud"], issuer=issuer.url)
        yield issuer
        admin.delete_publisher("release")


def identity_token(issuer: SigningIssuer, audience: str) -> str:
    now = int(time.time())
    claims = {"iss": issuer.url, "aud": audience, "sub": "job:release", "iat": now, "exp": now + 60}
    return issuer.sign({**claims, "jti": str(time.monotonic_ns())})


def test_a_ci_job_logs_in_with_the_identity_token_of_a_variable_and_pushes(
    ana: CommandLine, trusted: SigningIssuer, tmp_path: Path
) -> None:
    variables = own(tmp_path, ana.server)
    assert "MODELKEEP_ID_TOKEN" in ana.run("login", "--ci", variables=variables).err
    job = {**variables, "MODELKEEP_ID_TOKEN": identity_token(trusted, ana.server.url)}
    logged_in = ana.run("login", "--ci", variables=job)
    assert logged_in.code == 0, logged_in.err
    (tmp_path / "model.bin").write_bytes(b"weights of the job")
    pushed = ana.run("push", "model.bin", "fraud/scorer", "--no-git", "--output", "json", variables=variables)
    assert pushed.code == 0, pushed.err
    again = ana.run("login", "--ci", variables=job)
    assert (again.code, "used before" in again.err) == (3, True)
    hidden = ana.run("publisher", "delete", "release", variables=variables)
    assert hidden.code == 5
    refused = ana.run("access", "grant", "somebody", "viewer", "--on", "fraud", variables=variables)
    assert (refused.code, "grant.write" in refused.err) == (4, True)


def test_a_job_of_github_actions_is_asked_for_nothing(ana: CommandLine, trusted: SigningIssuer, tmp_path: Path) -> None:
    with github(trusted, ana.server.url) as (url, seen):
        variables = {
            **own(tmp_path, ana.server),
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the runner's",
        }
        done = ana.run("login", "--ci", "--publisher", "release", variables=variables)
    assert done.code == 0, done.err
    assert "as ci:release" in done.out
    assert seen == ["Bearer the runner's"]


@contextmanager
def github(issuer: SigningIssuer, audience: str) -> Iterator[tuple[str, list[str]]]:
    """The endpoint of a runner that gives identity tokens, and the credentials it was asked with."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert "api-version=2.0&audience=" in self.path
            seen.append(self.headers["Authorization"])
            body = json.dumps({"value": identity_token(issuer, audience)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


def test_publishers_are_administered_on_the_command_line(ana: CommandLine) -> None:
    admin = ana  # without variables of her own she is the server's user, who administers it
    github_words = ("--repository", "octo-org/scorer", "--owner-id", "9919", "--workflow", "release.yml")
    made = admin.run("publisher", "create", "github", "by-github", *github_words, "--scope", "fraud/scorer")
    assert made.code == 0, made.err
    assert "octo-org/scorer" in made.out
    gitlab_words = ("--project", "risk/scorer", "--project-id", "42", "--namespace-id", "7")
    assert admin.run("publisher", "create", "gitlab", "by-gitlab", *gitlab_words, "--scope", "fraud").code == 0
    generic_words = ("--issuer", "https://93.184.215.14", "--claim", "sub=a", "--claim", "sub=b", "--claim", "ref=~v*")
    generic = admin.run(
        "publisher", "create", "generic", "by-table", *generic_words, "--scope", "*", "--output", "json"
    )
    assert generic.json["conditions"] == {"claims": {"sub": ["a", "b"], "ref": ["~v*"]}}
    listed = admin.run("publisher", "list").out
    assert all(name in listed for name in ("by-github", "by-gitlab", "by-table"))
    assert "release.yml" in admin.run("publisher", "show", "by-github").out
    for name in ("by-github", "by-gitlab", "by-table"):
        assert "is deleted" in admin.run("publisher", "delete", name).out
    assert admin.run("publisher", "show", "by-github").code == 5


def test_login_providers_are_administered_on_the_command_line(ana: CommandLine) -> None:
    admin = ana
    assert admin.run("group", "create", "readers").code == 0
    words = ("--issuer", "https://93.184.215.14", "--client-id", "modelkeep", "--groups-claim", "groups")
    made = admin.run("login-provider", "create", "second", *words, "--group", "read=readers")
    assert made.code == 0, made.err
    assert f"{admin.server.url}/api/v1/login/oidc/second/callback" in made.out
    assert "MODELKEEP_OIDC_SECOND_SECRET" in made.err
    changed = admin.run("login-provider", "update", "second", *words, "--title", "Second", "--output", "json")
    assert (changed.json["title"], changed.json["groups"], changed.json["revision"]) == ("Second", {}, 2)
    assert "corporate" in admin.run("login-provider", "list").out
    assert "Second" in admin.run("login-provider", "show", "second").out
    assert "is deleted" in admin.run("login-provider", "delete", "second").out
    assert admin.run("login-provider", "show", "second").code == 5
