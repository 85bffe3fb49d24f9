"""The settings of outbound HTTP."""

from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundSettings
from vestibule.settings import own
from vestibule.settings.environ import Reader


def outbound_settings(reader: Reader, *, itself: str = "") -> OutboundSettings:
    """Return how requests leave; to the origin `itself` they may, wherever it is. Problems are noted in `reader`."""
    proxy = reader.get(own.outbound.OUTBOUND_PROXY)
    allow = reader.get(own.outbound.OUTBOUND_ALLOW)
    try:
        OutboundSettings(allow=allow)
    except ValueError as error:
        reader.refuse(
            own.outbound.OUTBOUND_ALLOW.name, f"cannot be used: {error}", "list like 10.0.0.0/8,hooks.internal"
        )
        return OutboundSettings()
    try:
        OutboundSettings(itself=itself)
    except ValueError as error:
        reader.refuse(own.serving.PUBLIC_URL.name, f"cannot be used: {error}")
        itself = ""
    try:
        return OutboundSettings(
            allow=allow,
            proxy=None if proxy is None else Secret(proxy),
            ca_file=reader.get(own.outbound.OUTBOUND_CA_FILE),
            itself=itself,
        )
    except ValueError as error:
        reader.refuse(own.outbound.OUTBOUND_PROXY.name, f"cannot be used: {error}")
        return OutboundSettings()
