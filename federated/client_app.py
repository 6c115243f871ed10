"""The Flower ClientApp that every engine runs for a bank."""

from __future__ import annotations

from collections.abc import Callable

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from federated.messages import KIND_OF_ROUTE, KINDS
from federated.site import BankSite


def bank_app(site_of: Callable[[Context], BankSite]) -> ClientApp:
    """A ClientApp that answers each kind of message from the bank that `site_of` finds."""

    def respond(message: Message, context: Context) -> Message:
        kind = KIND_OF_ROUTE[message.metadata.message_type]
        return Message(site_of(context).answer(kind, message.content), reply_to=message)

    app = ClientApp()
    for kind in KINDS.values():
        category, _, action = kind.route.partition(".")
        register = {"query": app.query, "train": app.train, "evaluate": app.evaluate}[category]
        register(action or "default")(respond)
    return app
