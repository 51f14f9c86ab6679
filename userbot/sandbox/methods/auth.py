"""auth.*, account.getPassword: logging in and out (core.telegram.org/api/auth, /api/qr-login)."""

import secrets

from userbot.sandbox import logins, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import RpcError, bad_request
from userbot.sandbox.password import Challenge, describe
from userbot.sandbox.state import User
from userbot.sandbox.views import View


@method(tl.functions.auth.SendCodeRequest, before_login=True)
def send_code(call: Call, request: tl.Tl) -> tl.Tl:
    _application(request)
    if (dc := _elsewhere(call)) is not None:
        raise RpcError(303, f"PHONE_MIGRATE_{dc}")
    return _sent_code(call, _phone(request))


@method(tl.functions.auth.ResendCodeRequest, before_login=True)
def resend_code(call: Call, request: tl.Tl) -> tl.Tl:
    return _sent_code(call, _phone(request))


@method(tl.functions.auth.CancelCodeRequest, before_login=True)
def cancel_code(call: Call, request: tl.Tl) -> tl.Tl:
    call.state.codes.pop(request.phone_code_hash, None)
    return True


@method(tl.functions.auth.SignInRequest, before_login=True)
def sign_in(call: Call, request: tl.Tl) -> tl.Tl:
    phone = _phone(request)
    if not request.phone_code_hash:
        raise bad_request("PHONE_CODE_HASH_EMPTY")
    world, login = call.world, call.login
    code = request.phone_code
    if world.codes_by == "email":
        code = getattr(request.email_verification, "code", None)
    if not code:
        raise bad_request("PHONE_CODE_EMPTY")
    user = logins.check_code(world, login, phone, request.phone_code_hash, code)
    return _authorization(call, logins.enter(world, login, user))


@method(tl.functions.account.GetPasswordRequest, before_login=True)
def get_password(call: Call, _request: tl.Tl) -> tl.Tl:
    user = call.login.half or call.me
    password = user.password
    call.login.challenge = None if password is None else Challenge.new(password)
    return describe(call.login.challenge)


@method(tl.functions.auth.CheckPasswordRequest, before_login=True)
def check_password(call: Call, request: tl.Tl) -> tl.Tl:
    challenge, call.login.challenge = call.login.challenge, None
    if not isinstance(request.password, tl.types.InputCheckPasswordSRP):
        raise bad_request("PASSWORD_HASH_INVALID")
    if challenge is None:
        raise bad_request("SRP_ID_INVALID")
    challenge.check(request.password)
    return _authorization(call, logins.finish(call.world, call.login))


@method(tl.functions.auth.ExportLoginTokenRequest, before_login=True)
def export_login_token(call: Call, request: tl.Tl) -> tl.Tl:
    _application(request)
    token = logins.export_token(call.world, call.login)
    if token.accepted_by and (dc := _elsewhere(call)) is not None:
        call.world.moving[token.data] = token.accepted_by
        return tl.types.auth.LoginTokenMigrateTo(dc_id=dc, token=token.data)
    if token.accepted_by:
        user = logins.enter(call.world, call.login, token.accepted_by)
        return tl.types.auth.LoginTokenSuccess(_authorization(call, user))
    return tl.types.auth.LoginToken(expires=token.expires, token=token.data)


@method(tl.functions.auth.ImportLoginTokenRequest, before_login=True)
def import_login_token(call: Call, request: tl.Tl) -> tl.Tl:
    moving = call.world.moving
    if _elsewhere(call) is not None or request.token not in moving:
        raise bad_request("AUTH_TOKEN_INVALID")
    user = logins.enter(call.world, call.login, moving.pop(request.token))
    return tl.types.auth.LoginTokenSuccess(_authorization(call, user))


@method(tl.functions.auth.ExportAuthorizationRequest)
def export_authorization(call: Call, request: tl.Tl) -> tl.Tl:
    if request.dc_id != call.world.files_dc:
        raise bad_request("DC_ID_INVALID")
    token = secrets.token_bytes(16)
    call.world.exported[token] = call.me
    return tl.types.auth.ExportedAuthorization(id=call.me.id, bytes=token)


@method(tl.functions.auth.ImportAuthorizationRequest, before_login=True)
def import_authorization(call: Call, request: tl.Tl) -> tl.Tl:
    user = call.world.exported.pop(request.bytes, None)
    if user is None or user.id != request.id:
        raise bad_request("AUTH_BYTES_INVALID")
    return _authorization(call, logins.log_in(call.world, call.login, user))


@method(tl.functions.auth.AcceptLoginTokenRequest)
def accept_login_token(call: Call, request: tl.Tl) -> tl.Tl:
    login = logins.accept_token(call.world, call.me, request.token)
    now = call.world.now()
    return tl.types.Authorization(
        hash=login.key.id >> 1,
        device_model="",
        platform="",
        system_version="",
        api_id=0,
        app_name="",
        app_version="",
        date_created=now,
        date_active=now,
        ip="127.0.0.1",
        country="",
        region="",
    )


@method(tl.functions.auth.LogOutRequest, before_login=True)
def log_out(call: Call, _request: tl.Tl) -> tl.Tl:
    if call.login.half is None:
        _ = call.me
    logins.log_out(call.world, call.login)
    return tl.types.auth.LoggedOut()


def _elsewhere(call: Call) -> int | None:
    """The data centre to which whoever logs in here has to go; None if it is this one."""
    home = call.world.home
    return None if home is None or call.login.key.id in call.world.home_keys else home[0]


def _application(request: tl.Tl) -> None:
    if request.api_id <= 0 or not request.api_hash:
        raise bad_request("API_ID_INVALID")


def _phone(request: tl.Tl) -> str:
    phone: str = request.phone_number.removeprefix("+")
    if not phone.isdigit() or not 7 <= len(phone) <= 15:
        raise bad_request("PHONE_NUMBER_INVALID")
    return phone


def _sent_code(call: Call, phone: str) -> tl.Tl:
    user = call.state.by_phone(phone)
    length = len(user.code) if user else 5
    if call.world.codes_by == "payment":
        return tl.types.auth.SentCodePaymentRequired(
            store_product="login",
            phone_code_hash="",
            support_email_address="",
            support_email_subject="",
            premium_days=7,
            currency="USD",
            amount=99,
        )
    by_email = tl.types.auth.SentCodeTypeEmailCode(email_pattern="o***@x.org", length=length)
    in_app = tl.types.auth.SentCodeTypeApp(length=length)
    return tl.types.auth.SentCode(
        type=by_email if call.world.codes_by == "email" else in_app,
        phone_code_hash=logins.send_code(call.world, call.login, phone),
    )


def _authorization(call: Call, user: User) -> tl.Tl:
    return tl.types.auth.Authorization(user=View(call.world, user).user(user))
