"""The operations of the API, in the order in which its page shows them."""

from bento.endpoints.about import ABOUT
from bento.endpoints.customers import SAMPLE
from bento.endpoints.explain import EXPLAINING
from bento.endpoints.features import FEATURES
from bento.endpoints.predict import SCORING

OPERATIONS = (*SCORING, *EXPLAINING, *SAMPLE, *FEATURES, *ABOUT)
