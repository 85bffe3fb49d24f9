"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, so that none can be forged or sent again later.

webhook-id: msg_0193a1f27c4b7b579d7e6a2b1f0c9e11
webhook-timestamp: 1767323045
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence


def signed_headers(keys: Sequence[bytes], message_id: str, at_seconds: int, body: bytes) -> dict[str, str]:
    """Return the headers of one message; it has a signature for each key, so that keys can be changed at leisure."""
    content = f"{message_id}.{at_seconds}.".encode() + body
    signatures = [b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
