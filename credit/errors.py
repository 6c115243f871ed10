"""The errors a user may see.

FedCreditError
├── ContractError      a contract file is wrong, or two contracts do not fit
├── DataError          a data file is missing, corrupt or empty
├── LeakError          a column that must not reach a model would
├── ModelError         a model folder is damaged or of another contract
├── FederationError    a round cannot go on
└── RegistryError      tracking, promotion or publication failed
    └── NoChampionError    no version has passed the gate yet
"""


class FedCreditError(Exception):
    """Root of the errors a user may see: what was wrong, where, and what to do."""


class ContractError(FedCreditError):
    """A contract file is wrong, or two contracts do not fit."""


class DataError(FedCreditError):
    """A data file is missing, corrupt or empty."""


class LeakError(FedCreditError):
    """A column that must not reach a model would."""


class ModelError(FedCreditError):
    """A model folder is damaged, or belongs to another contract."""


class FederationError(FedCreditError):
    """A round of the federation cannot go on."""


class RegistryError(FedCreditError):
    """Tracking, promotion or publication failed."""


class NoChampionError(RegistryError):
    """No version has passed the gate yet."""
