"""Where scores come from: the port that each kind of hardware implements, and the CPU's own.

The CPU provider's model is an untrained prior, not a learned one: a logistic read-out of the
cosine between what a request and an offer say of themselves. It orders equal bids by
relevance and claims no more; `model_version` is recorded so that nothing trained later can
be mistaken for it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hotpath import scoring
from hotpath.scoring import DIMENSIONS, WIDTHS, Ranking, probabilities

PRIOR_CLICK_RATE = 0.002  # what an impression without anything in common is worth
PRIOR_GAIN = 2.0  # full agreement multiplies the odds by e squared, about 7.4


class Catalogue(NamedTuple):
    """The features of the offers of one index, and their lengths (float64, N).

    `vectors` is int8, N x 64 to 256: the last dimensions are left out when no offer uses them,
    since what a score costs is reading them.
    """

    vectors: NDArray[np.int8]
    norms: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Sequence[NDArray[np.int8]]) -> "Catalogue":
        """Stack vectors of 256 bytes; none give a catalogue of no offers."""
        stacked = np.array(vectors, np.int8).reshape(len(vectors), DIMENSIONS)
        used = np.flatnonzero(stacked.any(axis=0))
        width = next(width for width in WIDTHS if not used.size or used[-1] < width)
        stacked = np.ascontiguousarray(stacked[:, :width])
        wide = stacked.astype(np.float64)
        return cls(stacked, np.sqrt((wide * wide).sum(axis=1)))


class Inference(NamedTuple):
    """One question: how likely a click on each of these offers is, for this request.

    `profile` is int8, 256; `offers` are row numbers of `catalogue` (int32).
    """

    profile: NDArray[np.int8]
    catalogue: Catalogue
    offers: NDArray[np.int32]


@runtime_checkable
class Provider(Protocol):
    """Answers inferences on some hardware.

    Results are probabilities (float64), one per offer in order. A provider raises IndexError
    for an offer outside the catalogue and ValueError for a batch above `max_batch_size`; it
    never answers another score than the CPU's beyond its stated `tolerance`.
    """

    @property
    def provider_name(self) -> str: ...

    @property
    def model_version(self) -> str: ...

    @property
    def supports_batching(self) -> bool: ...

    @property
    def max_batch_size(self) -> int: ...

    @property
    def preferred_batch_size(self) -> int: ...

    @property
    def tolerance(self) -> float: ...

    def predict(self, asked: Inference) -> NDArray[np.float64]: ...

    def predict_batch(self, asked: Sequence[Inference]) -> list[NDArray[np.float64]]: ...

    def warm_up(self) -> None: ...


@runtime_checkable
class Ranker(Protocol):
    """A provider that can be asked for the best offer alone, which takes less than all chances.

    It answers the place in `offers` of the one worth most and the chance of a click on it.
    """

    def best(
        self, ranking: Ranking, offers: NDArray[np.int32], profile: NDArray[np.int8]
    ) -> tuple[int, float]: ...


class CpuProvider:
    """The reference: one core, no waiting. A batch gains nothing, so its preferred one is one."""

    provider_name = "cpu"
    model_version = "prior-1"
    supports_batching = True
    max_batch_size = 32
    preferred_batch_size = 1
    tolerance = 0.0

    def __init__(self, *, click_rate: float = PRIOR_CLICK_RATE, gain: float = PRIOR_GAIN) -> None:
        self._bias = math.log(click_rate / (1.0 - click_rate))
        self._gain = gain

    @property
    def path(self) -> str:
        """The kernel in use: numpy, plain, avx2 or avx512vnni."""
        return str(scoring.path)

    def predict(self, asked: Inference) -> NDArray[np.float64]:
        """Return the chance of a click for each offer asked about."""
        chances = np.empty(len(asked.offers))
        probabilities(
            asked.catalogue.vectors,
            asked.catalogue.norms,
            asked.offers,
            asked.profile,
            bias=self._bias,
            gain=self._gain,
            out=chances,
        )
        return chances

    def best(
        self, ranking: Ranking, offers: NDArray[np.int32], profile: NDArray[np.int8]
    ) -> tuple[int, float]:
        """Return the place of the offer worth most, and the chance of a click on it."""
        return ranking.best(offers, profile, bias=self._bias, gain=self._gain)

    def predict_batch(self, asked: Sequence[Inference]) -> list[NDArray[np.float64]]:
        """Answer each question; at most `max_batch_size` of them."""
        if len(asked) > self.max_batch_size:
            raise ValueError(f"{len(asked)} inferences; at most {self.max_batch_size} at once")
        return [self.predict(one) for one in asked]

    def warm_up(self) -> None:
        """Run once, so that the first bid does not pay for page faults."""
        nothing = np.zeros(DIMENSIONS, np.int8)
        catalogue = Catalogue.of([nothing])
        self.predict(Inference(nothing, catalogue, np.zeros(1, np.int32)))
