"""Applicants one by one, many at once and from a file have the same model matrix."""

from __future__ import annotations

import numpy as np
import pytest

from credit.applicant import ApplicantError, ApplicantReader
from credit.row_encoder import RowEncoder
from tests.bento import packages


def test_rows_and_matrix_equal_the_files():
    encoding, X, _ = packages.matrix()
    reader, encoder = ApplicantReader(packages.contract()), RowEncoder(packages.contract(), encoding)
    values = [reader.values(reader.check(a)) for a in packages.applicants(200)]
    np.testing.assert_array_equal(encoder.matrix(values), X[:200])
    np.testing.assert_array_equal(np.concatenate([encoder.row(v) for v in values]), X[:200])
    assert encoder.matrix([]).shape == (0, X.shape[1])


def test_columns_equal_rows():
    encoding, X, _ = packages.matrix()
    reader, encoder = ApplicantReader(packages.contract()), RowEncoder(packages.contract(), encoding)
    columns, faults = reader.columns([reader.check(a) for a in packages.applicants(200)])
    np.testing.assert_array_equal(encoder.columns(columns, 200), X[:200])
    assert not faults


def test_columns_tell_the_faults_of_each_applicant():
    reader, good = ApplicantReader(packages.contract()), packages.applicants(1)[0]
    wrong = {**good, "loan_amount": 1000, "guaranteed_amount": 2000}
    faults = reader.columns([reader.check(a) for a in (good, wrong, good)])[1]
    with pytest.raises(ApplicantError) as told:
        reader.values(reader.check(wrong))
    assert {i: tuple(found) for i, found in faults.items()} == {1: told.value.faults}
