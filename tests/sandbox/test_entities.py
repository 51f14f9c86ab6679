"""Formatting and mentions on their way from client to client."""

from telethon.tl import types

from userbot.sandbox.accounts import Account
from userbot.sandbox.telegram import Telegram

from .devices import Devices


async def test_formatting_arrives_with_what_telegram_found_itself(
    alice: Account, bob: Account, devices: Devices
) -> None:
    writer, reader = await devices.of(alice), await devices.of(bob)
    await writer.client.send_message("bob", "**bold** 🙂 https://example.com", parse_mode="md")
    heard = await reader.hears()
    assert heard.message == "bold 🙂 https://example.com"
    assert [type(e) for e in heard.entities] == [types.MessageEntityBold, types.MessageEntityUrl]
    assert [text for _, text in heard.get_entities_text()] == ["bold", "https://example.com"]


async def test_who_is_named_or_replied_to_in_a_group_is_told_so(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices
) -> None:
    group = tg.add_supergroup("Club", creator=alice, members=[bob, olga])
    reader = await devices.of(alice)
    hers = alice.says(group, "hello")
    await reader.hears()
    bob.says(group, "@Alice, are you there?")
    bob.says(group, "yes?", reply_to=hers)
    bob.says(group, "Alice?")
    bob.says(group, "you", entities=[types.MessageEntityMentionName(0, 3, alice.id)])
    bob.says(group, "you", entities=[types.MessageEntityMentionName(0, 3, olga.id)])
    flags = [(await reader.hears()).mentioned for _ in range(5)]
    assert [bool(flag) for flag in flags] == [True, True, False, True, False]


async def test_a_mention_by_name_needs_no_username(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices
) -> None:
    group = tg.add_group("Trip", creator=alice, members=[bob, olga])
    writer, reader = await devices.of(alice), await devices.of(olga)
    olga.says(group, "hi")
    await writer.hears()
    user = await writer.client.get_input_entity(olga.id)
    mention = types.InputMessageEntityMentionName(
        0, 4, types.InputUser(user.user_id, user.access_hash)
    )
    await writer.client.send_message(group.id, "Olga?", formatting_entities=[mention])
    await reader.hears()
    heard = await reader.hears()
    assert heard.mentioned
    assert heard.entities == [types.MessageEntityMentionName(0, 4, olga.id)]
