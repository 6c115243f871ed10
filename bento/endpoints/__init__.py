"""The operations of the API, in the order in which its page shows them."""

from bento.endpoints.about import ABOUT
from bento.endpoints.predict import SCORING

OPERATIONS = (*SCORING, *ABOUT)
