"""A plug-in of pytest: the app of every test gets the lane that the variable LANE names, if any."""

import os
from typing import Any

import pytest
from faust_fastlane import install  # type: ignore[import-not-found]


@pytest.fixture(autouse=True)
def lane_in_the_app(request: Any) -> None:
    """Install it in what the fixture ``app`` gives, before the test."""
    if os.environ.get("LANE") and "app" in request.fixturenames:
        install(request.getfixturevalue("app"), os.environ["LANE"])
