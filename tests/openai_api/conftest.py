"""What the tests of the models' client may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from userbot.sandbox.endpoint import Endpoint


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    await endpoint.start()
    yield endpoint
    await endpoint.stop()
    assert endpoint.crashed == []
    assert not endpoint.unhandled
