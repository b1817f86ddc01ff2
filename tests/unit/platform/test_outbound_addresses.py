"""Which addresses a server may speak to: a list of what attackers try. Part of test S10."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from tests.hostile_addresses import FORBIDDEN

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.outbound_http import OutboundPolicy, OutboundRefusedError
from modelkeep.platform.outbound_http.addresses import is_public, resolve

PRIVATE = {"internal.example": ["10.0.0.7"], "half.example": ["93.184.215.14", "127.0.0.1"], "v6.example": ["fd00::7"]}
PUBLIC = {"hooks.example": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]}


def known(host: str, port: int) -> Sequence[str]:
    """Answer for the names of this page, and as the system does for numbers in any spelling."""
    names = {**PRIVATE, **PUBLIC}
    return names[host] if host in names else resolve(host, port)


def policy(allowed: str = "") -> OutboundPolicy:
    parsed = OutboundPolicy.parse(allowed)
    return OutboundPolicy(parsed.networks, parsed.hosts, known)


@pytest.mark.parametrize("url", [*FORBIDDEN, *(f"https://{name}/" for name in PRIVATE)])
def test_what_is_not_a_public_address_over_https_is_refused(url: str) -> None:
    with pytest.raises(OutboundRefusedError):
        policy().check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/in?x=1",
        "https://hooks.example:8443/",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://nobody.knows.this.invalid/",
    ],
)
def test_public_addresses_and_names_that_are_not_known_yet_pass(url: str) -> None:
    policy().check(url)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.0.0.0/8", "https://10.1.2.3/"),
        ("10.0.0.0/8", "http://10.1.2.3/"),
        ("10.0.0.0/8", "http://internal.example/"),
        ("10.0.0.0/8", "https://[::ffff:10.1.2.3]/"),
        ("fd00::/8", "http://[fd00::7]:8080/"),
        ("internal.example", "http://internal.example/"),
        ("Internal.Example.", "http://INTERNAL.example./"),
        ("127.0.0.1, ::1", "http://127.0.0.1:9000/in"),
        ("hooks.example", "http://hooks.example/"),
    ],
)
def test_an_operator_can_allow_networks_and_hosts_which_need_no_tls(allowed: str, url: str) -> None:
    policy(allowed).check(url)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.0.0.0/8", "https://127.0.0.1/"),
        ("10.0.0.0/8", "http://hooks.example/"),
        ("10.0.0.0/8", "http://half.example/"),
        ("internal.example", "https://10.0.0.7/"),
        ("internal.example", "http://not.internal.example.invalid/"),
    ],
)
def test_what_is_allowed_allows_nothing_else(allowed: str, url: str) -> None:
    with pytest.raises(OutboundRefusedError):
        policy(allowed).check(url)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "*.example", "10.0.0.1/8", "host:80", "fd00::/200"])
def test_a_list_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="MODELKEEP_OUTBOUND_ALLOW"):
        OutboundPolicy.parse(text)


def test_every_address_of_the_special_blocks_is_not_public() -> None:
    blocks = (
        "0.1.2.3 10.9.8.7 100.127.0.9 127.9.9.9 169.254.9.9 172.20.1.1 192.168.9.9 198.19.9.9 203.0.113.9 225.1.1.1"
    )
    assert not [text for text in blocks.split() if is_public(ip_address(text))]
