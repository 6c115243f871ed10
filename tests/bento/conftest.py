"""Marks of these tests."""


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: starts a service of its own")
