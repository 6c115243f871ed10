"""The Flower ClientApp that every engine runs for a bank."""

from __future__ import annotations

from collections.abc import Callable

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from federated.engines._flower_messages import answer_to
from federated.messages import KIND_OF_ROUTE, KINDS
from federated.privacy.bank import in_clear, masked_answer
from federated.privacy.masking import MaskingTerms
from federated.site import BankSite


def bank_app(site_of: Callable[[Context], BankSite], masking: MaskingTerms | None = None) -> ClientApp:
    """A ClientApp that answers each kind of message from the bank that `site_of` finds.

    With `masking` terms a bank gives its additive figures to masked sums only.
    """

    def respond(message: Message, context: Context) -> Message:
        kind = KIND_OF_ROUTE[message.metadata.message_type]
        site = site_of(context)
        if masking is None or in_clear(kind, masking):
            return answer_to(message, site.answer(kind, message.content))
        return answer_to(message, masked_answer(kind, message, context, masking, site))

    app = ClientApp()
    for kind in KINDS.values():
        category, _, action = kind.route.partition(".")
        register = {"query": app.query, "train": app.train, "evaluate": app.evaluate}[category]
        register(action or "default")(respond)
    return app
