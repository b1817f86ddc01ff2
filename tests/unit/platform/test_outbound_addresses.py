"""Which addresses a server may speak to: a list of what attackers try."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.outbound_http import OutboundPolicy, OutboundRefusedError
from modelkeep.platform.outbound_http.addresses import is_public, resolve

PRIVATE = {"internal.example": ["10.0.0.7"], "half.example": ["93.184.215.14", "127.0.0.1"], "v6.example": ["fd00::7"]}
PUBLIC = {"hooks.example": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]}
FORBIDDEN = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.255.255.254/",
    "https://0.0.0.0/",
    "https://0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://any.localhost/",
    "https://10.0.0.1/",
    "https://10.255.255.255:8443/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://169.254.169.254:80@169.254.169.254/",
    "https://100.64.0.1/",
    "https://100.100.100.200/latest/meta-data/",
    "https://192.0.0.192/opc/v1/",
    "https://168.63.129.16/machine/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:7f00:1::1]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://internal.example/",
    "https://half.example/",
    "https://v6.example/",
    "http://hooks.example/",
    "http://93.184.215.14/",
    "https://user@hooks.example/",
    "https://user:secret@hooks.example/",
    "https://hooks.example@127.0.0.1/",
    "https://hooks.example:0/",
    "https://hooks.example\r\nX-Injected: 1/",
    "https://hooks.example/\r\nHost: internal.example",
    "https://①②⑦.⓪.⓪.①/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https:///etc/passwd",
    "https://",
    "https:",
    "hooks.example",
    "//hooks.example/",
    "",
    "file:///etc/passwd",
    "ftp://hooks.example/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/stats",
    "unix:///var/run/docker.sock",
    "javascript:alert(1)",
    "https://hooks.example/" + "a" * 2048,
]


def known(host: str, port: int) -> Sequence[str]:
    """Answer for the names of this page, and as the system does for numbers in any spelling."""
    names = {**PRIVATE, **PUBLIC}
    return names[host] if host in names else resolve(host, port)


def policy(allowed: str = "") -> OutboundPolicy:
    parsed = OutboundPolicy.parse(allowed)
    return OutboundPolicy(parsed.networks, parsed.hosts, known)


@pytest.mark.parametrize("url", FORBIDDEN)
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
