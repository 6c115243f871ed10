"""Applicants one by one, many at once and from a file have the same model matrix."""

from __future__ import annotations

import numpy as np

from credit.applicant import ApplicantReader
from credit.row_encoder import RowEncoder
from tests.bento import packages


def test_rows_and_matrix_equal_the_files():
    encoding, X, _ = packages.matrix()
    reader, encoder = ApplicantReader(packages.contract()), RowEncoder(packages.contract(), encoding)
    values = [reader.values(reader.check(a)) for a in packages.applicants(200)]
    np.testing.assert_array_equal(encoder.matrix(values), X[:200])
    np.testing.assert_array_equal(np.concatenate([encoder.row(v) for v in values]), X[:200])
    assert encoder.matrix([]).shape == (0, X.shape[1])
