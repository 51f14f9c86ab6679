"""Telegram through a proxy: real ones on loopback, real connections through them."""

from __future__ import annotations

import asyncio
import signal
import socket

import pytest

from tests.cli.house import House
from tests.cli.proxies import PASSWORD, SECRET, USER, HttpConnect, MTProxy, Proxy, Socks5


def proxies(house: House) -> dict[str, tuple[Proxy, str]]:
    """Each kind, with its address but for the port."""
    telegram = house.stage.telegram
    return {
        "socks5": (Socks5(), f"socks5://{USER}:{PASSWORD}@127.0.0.1:%d"),
        "http": (HttpConnect(), f"http://{USER}:{PASSWORD}@127.0.0.1:%d"),
        "mtproxy": (
            MTProxy((telegram.host, telegram.port)),
            f"tg://proxy?server=127.0.0.1&port=%d&secret=dd{SECRET.hex()}",
        ),
    }


@pytest.mark.parametrize("kind", ["socks5", "http", "mtproxy"])
async def test_the_account_is_reached_through_it(house: House, kind: str) -> None:
    server, address = proxies(house)[kind]
    async with server as proxy:
        house.write_config(telegram=f'proxy = "{address % proxy.port}"')
        house.log_in()
        ended = await house.run("chats")
        assert (ended.code, len(ended.out.splitlines())) == (0, 2), ended.err
        assert set(proxy.ways) == {(house.stage.telegram.host, house.stage.telegram.port)}


async def test_one_that_is_not_there_or_refuses_is_told_without_its_password(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    async with Socks5() as proxy:
        houses = [house]
        for number, address in enumerate(
            (
                f"socks5://me:t0psecret@127.0.0.1:{proxy.port}",
                f"socks5://me:t0psecret@127.0.0.1:{nobody}",
                f"http://me:t0psecret@127.0.0.1:{nobody}",
            )
        ):
            other = House(house.stage, house.folder / str(number))
            other.write_config(telegram=f'proxy = "{address}"')
            other.log_in()
            houses.append(other)
        for ended in await asyncio.gather(*(other.run("chats") for other in houses[1:])):
            assert (ended.code, ended.out) == (1, "")
            assert ended.sentences == ["error: Cannot reach Telegram through the proxy."]
            assert len(ended.hints) == 1
            assert "t0psecret" not in ended.err
        assert not proxy.ways


async def test_the_program_waits_for_one_that_is_not_there_and_says_so(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    house.write_config(telegram=f'proxy = "socks5://me:t0psecret@127.0.0.1:{nobody}"')
    house.log_in()
    running = await house.start("run", "--json")
    waiting = await running.event("waiting")
    assert waiting["reason"] == "network"
    ended = await running.stop(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    assert "t0psecret" not in ended.out
