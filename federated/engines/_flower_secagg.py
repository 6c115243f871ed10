"""Flower's SecAgg+ (Bonawitz et al. 2017, Bell et al. 2020): its client mod, and the pieces its server side had.

Four parts of the mod are replaced. Its mask generator folds a 256-bit seed to 32 bits and feeds a Mersenne
Twister, which anyone can search through; here masks are AES-256-CTR streams. Its quantiser rounds at random
to 32 bits; here fixed-point numbers of 52 bits pass exactly. Its keys are of the curve P-384, which costs
banks far more time; here they are of P-256, as in Bonawitz et al. It reads arrays as NumPy does,
which parallel threads cannot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.common import Code, FitRes, Parameters, Status, bytes_to_ndarray, ndarrays_to_parameters
from flwr.common.secure_aggregation.crypto.shamir import combine_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import generate_shared_key
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS, Key, Stage
from flwr.compat.common.recorddict_compat import fitres_to_recorddict
from flwr.supercore.primitives.asymmetric import bytes_to_private_key, bytes_to_public_key

from federated.array_bytes import from_bytes

# The package names the mod's function as it names its module.
mod = import_module("flwr.client.mod.secure_aggregation.secaggplus_mod")
STEPS, MODULUS = 2**52, 2**62
CLIP = 2.0**24

__all__ = [
    "CLIP",
    "MODULUS",
    "RECORD_KEY_CONFIGS",
    "STEPS",
    "Key",
    "Stage",
    "bytes_to_ndarray",
    "combine_shares",
]


def masks(seed: bytes, modulus: int, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """Numbers below `modulus`, a power of two, that nobody without the seed can tell from random ones."""
    key = hashlib.sha256(seed).digest()
    stream = Cipher(algorithms.AES256(key), modes.CTR(bytes(16))).encryptor()
    return [
        (np.frombuffer(stream.update(bytes(8 * int(np.prod(s)))), "<u8") & np.uint64(modulus - 1))
        .astype(np.int64)
        .reshape(s)
        for s in shapes
    ]


def key_pair() -> tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey]:
    """A private key of the curve P-256, and its public key."""
    private = ec.generate_private_key(ec.SECP256R1())
    return private, private.public_key()


def fixed_point(arrays: Sequence[np.ndarray], clip: float, steps: int) -> list[np.ndarray]:
    """Integers 0 to `steps` for numbers of -clip to clip; exact where both are powers of two."""
    return [np.rint((np.clip(a, -clip, clip) + clip) * (steps / (2 * clip))).astype(np.int64) for a in arrays]


def floating_point(sums: np.ndarray, banks: int, clip: float = CLIP, steps: int = STEPS) -> np.ndarray:
    """The sum of numbers of `banks` banks from that of their integers."""
    shift = banks * (steps // 2)
    return (sums - shift) * (2 * clip / steps)


def answer_stage(message: Message, context: Context, vector: Callable[[], np.ndarray]) -> ConfigRecord:
    """One stage of the protocol at a bank; `vector` is called where its numbers are to be masked."""

    def respond(_: Message, __: Context) -> Message:
        result = FitRes(Status(Code.OK, ""), ndarrays_to_parameters([vector()]), 1, {})
        return Message(fitres_to_recorddict(result, False), reply_to=message)

    route = message.metadata.message_type
    # The mod looks at train messages only.
    message.metadata.__dict__["_message_type"] = "train"
    try:
        reply = mod.secaggplus_mod(message, context, respond)
    finally:
        message.metadata.__dict__["_message_type"] = route
    return reply.content.config_records[RECORD_KEY_CONFIGS]


def with_stage(content: RecordDict, stage: dict) -> RecordDict:
    """`content` and what a stage asks of a bank."""
    content.config_records[RECORD_KEY_CONFIGS] = ConfigRecord(stage)
    return content


def pair_mask(
    secret: bytes, public: bytes, modulus: int, shapes: Sequence[tuple[int, ...]]
) -> list[np.ndarray]:
    """The mask of a pair of banks, from one's private and the other's public key."""
    return masks(
        generate_shared_key(bytes_to_private_key(secret), bytes_to_public_key(public)), modulus, shapes
    )


def read_arrays(parameters: Parameters) -> list[np.ndarray]:
    """The arrays of `parameters`."""
    return [from_bytes(data) for data in parameters.tensors]


vars(mod).update(
    generate_key_pairs=key_pair,
    pseudo_rand_gen=masks,
    quantize=fixed_point,
    parameters_to_ndarrays=read_arrays,
)
