"""State on disk: what a sandbox still knows after its process has gone."""

from pathlib import Path

import pytest
from telethon.tl import types

from userbot.sandbox.persistence import FILE
from userbot.sandbox.telegram import Telegram

from .devices import Devices, trust


async def test_a_sandbox_goes_on_where_it_was_left(tmp_path: Path, devices: Devices) -> None:
    data = tmp_path / "data"
    old = Telegram(data)
    alice = old.add_account("Alice", username="alice", password="sesame")
    bob = old.add_account("Bob", contact_of=[alice])
    club = old.add_supergroup("Club", creator=alice, members=[bob])
    trip = old.add_group("Trip", creator=bob, members=[alice])
    await old.start()
    trust(old)
    devices.tg = old
    first = bob.says(club, "hello @alice", entities=[types.MessageEntityBold(0, 5)])
    device = await devices.of(alice)
    await device.client.send_message(club.id, "hi", reply_to=first.id_for(alice))
    gone = bob.says(trip, "gone")
    bob.edits(first, "hello")
    bob.deletes(gone)
    path = device.file
    await device.client.disconnect()
    port, key = old.port, old.public_key
    await old.stop()

    new = Telegram(data)
    assert [account.name for account in new.accounts] == ["Alice", "Bob"]
    alice, bob = new.accounts
    assert (alice.password, list(alice.contacts)) == ("sesame", [bob.id])
    assert [group.title for group in new.groups] == ["Club", "Trip"]
    made, hello, hi = alice.messages(new.groups[0])
    assert (made.text, hello.text, hi.text) == ("", "hello", "hi")
    assert hi.reply_to is hello
    assert hello.edits == ["hello @alice"]
    assert [message.text for message in alice.messages(new.groups[1])] == [""]
    assert new.public_key == key
    await new.start(port)
    device = await devices.open(path, catch_up=True)
    assert (await device.client.get_me()).id == alice.id
    bob.says(new.groups[0], "back again")
    assert (await device.hears()).message == "back again"
    await device.client.disconnect()
    await new.stop()


async def test_the_file_is_owner_only_and_a_line_cut_short_is_dropped(tmp_path: Path) -> None:
    tg = Telegram(tmp_path)
    tg.add_account("Alice")
    tg.add_account("Bob")
    await tg.stop()
    file = tmp_path / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes()[:-5])
    tg = Telegram(tmp_path)
    assert [account.name for account in tg.accounts] == ["Alice"]
    tg.add_account("Boris")
    await tg.stop()
    tg = Telegram(tmp_path)
    assert [account.name for account in tg.accounts] == ["Alice", "Boris"]
    await tg.stop()


def test_another_file_is_not_taken_for_a_sandbox(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"format": 99}\n')
    with pytest.raises(ValueError, match="another format"):
        Telegram(tmp_path)
