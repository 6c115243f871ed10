"""What holds for every test: a slow machine is no fault."""

from hypothesis import settings

settings.register_profile("fedcredit", deadline=None)
settings.load_profile("fedcredit")


def pytest_collection_modifyitems(items):
    """Those that wait for real processes begin first, and the others fill the time."""
    items.sort(
        key=lambda item: (
            not item.path.name.startswith("test_deployment"),
            not item.get_closest_marker("slow"),
        )
    )
