"""Tells the Space that serves a model which release to serve."""

from __future__ import annotations

from registry.hub_session import HubError, HubSession


def point_space(hub: HubSession, space: str, repo: str, sha: str, private: bool) -> str:
    """Tell a Space which model to serve and restart it; one sentence says what came of it."""
    try:
        return _point(hub, space, {"MODEL_REPO": repo, "MODEL_REVISION": sha}, private)
    except HubError as error:
        if error.status != 402:
            raise
        return f"skipped: {error}"


def _point(hub: HubSession, space: str, wanted: dict[str, str], private: bool) -> str:
    order = {"repo_type": "space", "space_sdk": "docker", "private": private, "exist_ok": True}
    hub.call(f"Creating the Space {space}", hub.api.create_repo, space, **order)
    current = hub.call(f"Reading the settings of {space}", hub.api.get_space_variables, space)
    if wanted.items() <= {name: variable.value for name, variable in current.items()}.items():
        return f"unchanged: {space} already serves this release."
    for name, value in wanted.items():
        hub.call(f"Setting {name} of {space}", hub.api.add_space_variable, space, name, value)
    hub.call(f"Restarting {space}", hub.api.restart_space, space)
    return f"updated: {space} now serves {wanted['MODEL_REPO']} at {wanted['MODEL_REVISION']}."
