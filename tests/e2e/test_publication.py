"""Publication: the real client against a real Hub over HTTP, from the pipeline's own command."""

import json

import pytest

from tests.hub import LocalHub

pytestmark = pytest.mark.slow


@pytest.fixture
def hub():
    with LocalHub(tokens={"hf_write": "consortium"}) as running:
        yield running


def to_hub(hub) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.endpoint, "HF_TOKEN": "hf_write", "HF_HUB_DISABLE_XET": "1"}


def test_a_run_with_a_token_publishes_and_the_second_push_changes_nothing(fresh, hub):
    done = fresh.run(**to_hub(hub))
    assert done.returncode == 0, done.stderr
    commits = len(hub.requests_to("/commit/"))
    assert commits == 2
    release = json.loads((fresh.home / "latest.json").read_text())["release"]
    again = fresh.command("release", "publish", release, **to_hub(hub))
    assert again.returncode == 0, again.stderr
    assert "nothing changed" in again.stdout
    assert len(hub.requests_to("/commit/")) == commits
    assert "hf_write" not in done.stdout + done.stderr + again.stdout + again.stderr


def test_without_a_token_the_release_is_staged_and_says_so(finished):
    release = json.loads((finished.home / "latest.json").read_text())["release"]
    done = finished.command("release", "publish", release)
    assert done.returncode == 1 and "HF_TOKEN" in done.stderr
