"""telegram.proxy: what each form of address means, and that no refusal repeats it."""

from __future__ import annotations

import base64

import pytest

from userbot.errors import ConfigError
from userbot.proxy import MTProxy, Socks, parse
from userbot.telegram.client import route

HEX = "00112233445566778899aabbccddeeff"
BASE64 = base64.b64encode(bytes.fromhex("fbef" + HEX[4:])).decode().rstrip("=")


@pytest.mark.parametrize(
    ("address", "means"),
    [
        pytest.param(
            "socks5://me:s3cret@proxy.example:1081",
            Socks(kind="socks5", host="proxy.example", port=1081, user="me", password="s3cret"),
            id="socks5",
        ),
        pytest.param("socks5h://h", Socks(kind="socks5", host="h", port=1080), id="socks5h"),
        pytest.param("socks4://h:9", Socks(kind="socks4", host="h", port=9), id="socks4"),
        pytest.param("http://h", Socks(kind="http", host="h", port=3128), id="http"),
        pytest.param(
            " SOCKS5://[::1]:1080 ", Socks(kind="socks5", host="::1", port=1080), id="ipv6"
        ),
        pytest.param(
            "http://a%40b:p%3Aq@h:1",
            Socks(kind="http", host="h", port=1, user="a@b", password="p:q"),
            id="escaped",
        ),
        pytest.param(
            f"tg://proxy?server=1.2.3.4&port=443&secret={HEX}",
            MTProxy(host="1.2.3.4", port=443, secret=HEX),
            id="mtproxy",
        ),
        pytest.param(
            f"https://t.me/proxy?server=h.example&port=443&secret=dd{HEX}",
            MTProxy(host="h.example", port=443, secret=HEX),
            id="mtproxy-padded",
        ),
        pytest.param(
            f"tg://proxy?server=h&port=1&secret={BASE64}",
            MTProxy(host="h", port=1, secret="fbef" + HEX[4:]),
            id="mtproxy-base64",
        ),
        pytest.param(
            f"tg://proxy?server=h&port=1&secret={BASE64.replace('+', '-').replace('/', '_')}",
            MTProxy(host="h", port=1, secret="fbef" + HEX[4:]),
            id="mtproxy-base64-of-addresses",
        ),
    ],
)
def test_an_address_means(address: str, means: Socks | MTProxy) -> None:
    assert parse(address) == means


@pytest.mark.parametrize(
    ("address", "says"),
    [
        pytest.param("", "not a proxy address", id="nothing"),
        pytest.param("host:1080", "not a proxy address", id="no kind"),
        pytest.param("ftp://me:s3cret@host", "not a proxy address", id="another kind"),
        pytest.param("socks5://me:s3cret@:1080", "not a proxy address", id="no host"),
        pytest.param("socks5://me:s3cret@host:99999", "not a proxy address", id="no port"),
        pytest.param("socks5://host:0", "not a proxy address", id="port zero"),
        pytest.param("http://[me:s3cret", "not a proxy address", id="broken"),
        pytest.param("tg://proxy?port=443&secret=" + HEX, "server or port missing", id="no server"),
        pytest.param(
            "tg://proxy?server=h&port=x&secret=" + HEX, "server or port missing", id="wrong port"
        ),
        pytest.param(
            "tg://proxy?server=h&port=70000&secret=" + HEX, "server or port missing", id="high port"
        ),
        pytest.param("tg://proxy?server=h&port=443", "invalid secret", id="no secret"),
        pytest.param("tg://proxy?server=h&port=443&secret=s3cret", "valid secret", id="short"),
        pytest.param(f"tg://proxy?server=h&port=443&secret=ee{HEX}7777", "fake TLS", id="fake TLS"),
    ],
)
def test_what_is_none_is_refused_without_being_repeated(address: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(address)
    (fault,) = caught.value.faults
    assert (caught.value.exit_code, fault.where) == (3, "telegram.proxy")
    assert says in fault.message
    assert fault.hint
    assert "s3cret" not in str(caught.value) + fault.hint
    assert HEX not in str(caught.value)


def test_a_secret_or_password_is_not_in_the_representation() -> None:
    assert "s3cret" not in repr(parse("socks5://me:s3cret@host"))
    assert HEX not in repr(parse(f"tg://proxy?server=h&port=1&secret={HEX}"))


def test_a_client_gets_its_way_and_for_mtproxy_another_connection() -> None:
    assert route("http://h:1") == {"proxy": ("http", "h", 1, True, None, None)}
    assert set(route(f"tg://proxy?server=h&port=1&secret={HEX}")) == {"connection", "proxy"}
