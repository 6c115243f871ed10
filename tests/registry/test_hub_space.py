"""The Space that serves the model follows the release."""

from __future__ import annotations

from pathlib import Path

from tests.hub import LocalHub
from tests.registry.releasing import REPO, SPACE, push


def test_the_space_is_pointed_at_the_release(hub: LocalHub, folder: Path):
    published = push(hub, folder, space=SPACE)
    space = hub.repo(SPACE, "spaces")
    assert space.variables["MODEL_REPO"]["value"] == REPO
    assert space.variables["MODEL_REVISION"]["value"] == published.model_revision
    assert published.space.startswith("updated: ") and space.restarts == 1


def test_a_space_that_serves_the_release_is_not_restarted(hub: LocalHub, folder: Path):
    push(hub, folder, space=SPACE)
    assert push(hub, folder, space=SPACE).space.startswith("unchanged: ")
    assert hub.repo(SPACE, "spaces").restarts == 1


def test_a_space_that_is_not_paid_for_is_skipped_with_the_reason(hub: LocalHub, folder: Path):
    hub.charge_for_docker()
    published = push(hub, folder, space=SPACE)
    assert published.changed
    assert published.space == f"skipped: Creating the Space {SPACE} failed: the account has not paid for it."
