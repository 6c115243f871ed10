"""A bank's warm agent: it answers what the bank's SuperNode brings, by installed code only."""

from __future__ import annotations

from collections.abc import Callable, Collection

from flwr.app import Context, Message

from credit.errors import FederationError
from federated.client_app import bank_app
from federated.engines._flower_internals import serve_tasks
from federated.engines.folding import folded, unfolded
from federated.privacy.masking import MaskingTerms
from federated.site import BankSite


def run_agent(
    site: BankSite,
    address: str,
    secret: bytes,
    allowed: Collection[str],
    stopped: Callable[[], bool] = lambda: False,
    noted: Callable[[str, str], None] = lambda message_type, outcome: None,
    masking: MaskingTerms | None = None,
) -> None:
    """Answer messages for `site` until `stopped`; the SuperNode listens at `address` on this machine.

    `masking` is what the bank insists on in sums; `noted` hears each message's type, and "answered" or
    why it was not. A message of an app bundle whose sha256 is not `allowed` gets an error reply; no bundle
    is ever run.
    """
    app = bank_app(lambda context: site, masking)

    def answer(message: Message, context: Context, sha256: str) -> Message:
        if sha256 not in allowed:
            raise FederationError(
                f"{site.records.name} does not allow the app bundle {sha256[:12]}: "
                "its code differs from the bank's; install the same version, or allow it in bank.yaml"
            )
        return folded(app(unfolded(message), context))

    def respond(message: Message, context: Context, sha256: str) -> Message:
        try:
            reply = answer(message, context, sha256)
        except Exception as error:
            noted(message.metadata.message_type, str(error))
            raise
        noted(message.metadata.message_type, "answered")
        return reply

    serve_tasks(address, secret, respond, stopped)
