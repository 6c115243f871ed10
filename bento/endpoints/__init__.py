"""The operations of the API, in the order in which its page shows them."""

from bento.endpoints.about import ABOUT
from bento.endpoints.admin import ADMIN
from bento.endpoints.batch import BATCH
from bento.endpoints.customers import SAMPLE
from bento.endpoints.explain import EXPLAINING
from bento.endpoints.features import FEATURES
from bento.endpoints.predict import SCORING

OPERATIONS = (*SCORING, *BATCH, *EXPLAINING, *SAMPLE, *FEATURES, *ABOUT, *ADMIN)
