"""The same job as a script would do it: Telethon, openai, no memory, no rules, no record.

    python tests/bench/bare.py SESSION PUBLIC_KEY BASE_URL API_KEY

What the program is measured beside; everything it does not do is what the program adds. It takes
the model's answer whole, by openai's typed calls, which cost about as much as reading a stream
without them. Both keep their connections to the model; openai's usual client keeps up to a hundred
and looks at each idle one for every request, which is a tenth of this script's time.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from openai import AsyncOpenAI
from telethon import TelegramClient, events
from telethon.crypto import rsa

PREFIX = "/gpt "
SYSTEM = "You are a helpful assistant in a Telegram chat. Answer briefly."


async def main(session: str, public_key: str, base_url: str, api_key: str) -> None:
    rsa.add_key(Path(public_key).read_text("ascii"), old=False)
    client = TelegramClient(session, 1, "hash")
    model = AsyncOpenAI(base_url=base_url, api_key=api_key)

    async def answer(event: events.NewMessage.Event) -> None:
        if not event.raw_text.startswith(PREFIX):
            return
        done = await model.chat.completions.create(
            model="bench",
            messages=[
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": event.raw_text.removeprefix(PREFIX)},
            ],
        )
        await event.reply(done.choices[0].message.content or "", link_preview=False)

    client.add_event_handler(answer, events.NewMessage())
    await client.connect()
    await client.get_me()
    print('{"event": "ready"}', flush=True)
    await client.run_until_disconnected()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
