"""The configuration of a real Centrifugo that makes it the push server of the sandbox.

v6 has nested keys, v5 flat ones; both are documented at centrifugal.dev and were tried on v6.9.1 and v5.4.9.
"""

from __future__ import annotations

from ..certificates import Certificates
from ..push.settings import PUSH_PATH, PushSettings

CONFIG_STYLES = ("v5", "v6")


def style_from_help(text: str) -> str | None:
    """The configuration style of a binary, from what it answers to ``--help``; None if that is no Centrifugo's.

    Its ``version`` does not do: a plain Go build says 0.0.0, whatever its version.
    """
    if "--http_server.port" in text:
        return "v6"
    if "--sockjs" in text or "--grpc_api_port" in text:
        return "v5"
    return None


def centrifugo_config(
    style: str, port: int, secret: str, api_key: str, certificates: Certificates, settings: PushSettings
) -> dict[str, object]:
    """The configuration as an object, to be written as JSON."""
    history: dict[str, object] = {}
    if settings.history_size:
        history = {
            "history_size": settings.history_size,
            "history_ttl": _duration(settings.history_ttl),
            "force_recovery": True,
        }
    client: dict[str, object] = {
        "stale_close_delay": _duration(settings.stale_close_delay),
        "expired_close_delay": _duration(settings.expired_close_delay),
        "expired_sub_close_delay": _duration(settings.expired_close_delay),
        "presence_update_interval": _duration(settings.presence_interval),
    }
    # Negative values switch pings off, and even then the interval must be above the time-out.
    ping_interval, pong_timeout = (
        (settings.ping_interval, settings.pong_timeout) if settings.ping_interval else (-1, -2)
    )
    pings = {"ping_interval": _duration(ping_interval), "pong_timeout": _duration(pong_timeout)}
    if style == "v5":
        return {
            "address": "127.0.0.1",
            "port": port,
            "tls": True,
            "tls_cert": str(certificates.chain_file),
            "tls_key": str(certificates.key_file),
            "token_hmac_secret_key": secret,
            "api_key": api_key,
            "allowed_origins": [],
            "websocket_handler_prefix": PUSH_PATH,
            "health": True,
            "usage_stats_disable": True,
            "log_level": "error",
            "shutdown_timeout": "2s",
            **pings,
            **{f"client_{key}": value for key, value in client.items()},
            **history,
        }
    tls = {"enabled": True, "cert_pem": str(certificates.chain_file), "key_pem": str(certificates.key_file)}
    return {
        "http_server": {"address": "127.0.0.1", "port": port, "tls": tls},
        "http_api": {"key": api_key},
        "websocket": {"handler_prefix": PUSH_PATH},
        "health": {"enabled": True},
        "usage_stats": {"disabled": True},
        "log": {"level": "error"},
        "shutdown": {"timeout": "2s"},
        "client": {"token": {"hmac_secret_key": secret}, "allowed_origins": [], **pings, **client},
        "channel": {"without_namespace": history},
    }


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
