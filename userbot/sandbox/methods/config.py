"""help.*: what a client asks first."""

from userbot.sandbox import tl
from userbot.sandbox.dispatch import Call, method

# What the real help.getConfig says and clients may act upon; the rest of its fields are fillers.
EDIT_SECONDS = 48 * 3600


@method(tl.functions.help.GetConfigRequest, before_login=True)
def get_config(call: Call, _request: tl.Tl) -> tl.Tl:
    now, address = call.world.now(), call.address
    here = tl.types.DcOption(id=address.dc, ip_address=address.host, port=address.port)
    elsewhere = []
    if (dc := call.world.files_dc) is not None:
        elsewhere = [tl.types.DcOption(id=dc, ip_address=address.host, port=address.port)]
    if call.world.home is not None:
        dc, port = call.world.home
        elsewhere.append(tl.types.DcOption(id=dc, ip_address=address.host, port=port))
    return tl.types.Config(
        date=now,
        expires=now + 3600,
        test_mode=False,
        this_dc=dc_of(call),
        dc_options=[here, *elsewhere],
        dc_txt_domain_name="localhost",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=EDIT_SECONDS,
        revoke_time_limit=2_147_483_647,
        revoke_pm_time_limit=2_147_483_647,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=1024,
        message_length_max=4096,
        webfile_dc_id=address.dc,
    )


def dc_of(call: Call) -> int:
    """The data centre at which a request came."""
    home = call.world.home
    at_home = home is not None and call.login.key.id in call.world.home_keys
    return home[0] if home is not None and at_home else call.address.dc


@method(tl.functions.help.GetNearestDcRequest, before_login=True)
def get_nearest_dc(call: Call, _request: tl.Tl) -> tl.Tl:
    return tl.types.NearestDc(country="", this_dc=call.address.dc, nearest_dc=call.address.dc)
