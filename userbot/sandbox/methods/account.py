"""account.*: what an account has set for itself."""

from userbot.sandbox import tl
from userbot.sandbox.password import Challenge, describe

from .registry import Call, method


@method(tl.functions.account.GetPasswordRequest, before_login=True)
def get_password(call: Call, _request: tl.Tl) -> tl.Tl:
    account = call.login.half or call.me
    call.login.challenge = Challenge.new(account.srp) if account.srp else None
    return describe(call.login.challenge)
