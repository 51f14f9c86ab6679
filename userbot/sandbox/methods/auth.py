"""auth.*: logging in and out (core.telegram.org/api/auth, /api/qr-login)."""

from userbot.sandbox import tl, views
from userbot.sandbox.accounts import Account
from userbot.sandbox.errors import bad_request

from .registry import Call, method


@method(tl.functions.auth.SendCodeRequest, before_login=True)
def send_code(call: Call, request: tl.Tl) -> tl.Tl:
    _application(request)
    return _sent_code(call, _phone(request))


@method(tl.functions.auth.ResendCodeRequest, before_login=True)
def resend_code(call: Call, request: tl.Tl) -> tl.Tl:
    return _sent_code(call, _phone(request))


@method(tl.functions.auth.CancelCodeRequest, before_login=True)
def cancel_code(call: Call, request: tl.Tl) -> tl.Tl:
    call.world.logins.forget_code(request.phone_code_hash)
    return True


@method(tl.functions.auth.SignInRequest, before_login=True)
def sign_in(call: Call, request: tl.Tl) -> tl.Tl:
    phone = _phone(request)
    if not request.phone_code_hash:
        raise bad_request("PHONE_CODE_HASH_EMPTY")
    if not request.phone_code:
        raise bad_request("PHONE_CODE_EMPTY")
    logins = call.world.logins
    account = logins.check_code(call.login, phone, request.phone_code_hash, request.phone_code)
    return _authorization(logins.enter(call.login, account))


@method(tl.functions.auth.CheckPasswordRequest, before_login=True)
def check_password(call: Call, request: tl.Tl) -> tl.Tl:
    challenge, call.login.challenge = call.login.challenge, None
    if not isinstance(request.password, tl.types.InputCheckPasswordSRP):
        raise bad_request("PASSWORD_HASH_INVALID")
    if challenge is None:
        raise bad_request("SRP_ID_INVALID")
    challenge.check(request.password)
    return _authorization(call.world.logins.finish(call.login))


@method(tl.functions.auth.ExportLoginTokenRequest, before_login=True)
def export_login_token(call: Call, request: tl.Tl) -> tl.Tl:
    _application(request)
    token = call.world.logins.export_token(call.login)
    if token.accepted_by:
        account = call.world.logins.enter(call.login, token.accepted_by)
        return tl.types.auth.LoginTokenSuccess(_authorization(account))
    return tl.types.auth.LoginToken(expires=token.expires, token=token.data)


@method(tl.functions.auth.ImportLoginTokenRequest, before_login=True)
def import_login_token(_call: Call, _request: tl.Tl) -> tl.Tl:
    # Tokens are imported after a move to another data centre, and here there is only one.
    raise bad_request("AUTH_TOKEN_INVALID")


@method(tl.functions.auth.AcceptLoginTokenRequest)
def accept_login_token(call: Call, request: tl.Tl) -> tl.Tl:
    login = call.world.logins.accept_token(call.me, request.token)
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
    call.world.logout(call.login.key.id)
    return tl.types.auth.LoggedOut()


def _application(request: tl.Tl) -> None:
    if request.api_id <= 0 or not request.api_hash:
        raise bad_request("API_ID_INVALID")


def _phone(request: tl.Tl) -> str:
    phone: str = request.phone_number.removeprefix("+")
    if not phone.isdigit() or not 7 <= len(phone) <= 15:
        raise bad_request("PHONE_NUMBER_INVALID")
    return phone


def _sent_code(call: Call, phone: str) -> tl.Tl:
    account = call.world.by_phone(phone)
    return tl.types.auth.SentCode(
        type=tl.types.auth.SentCodeTypeApp(length=len(account.code) if account else 5),
        phone_code_hash=call.world.logins.send_code(call.login, phone),
    )


def _authorization(account: Account) -> tl.Tl:
    return tl.types.auth.Authorization(user=views.user(account, account))
