"""A headless Chromium driven by the WebDriver protocol (https://www.w3.org/TR/webdriver2/)."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
# A busy machine may take this long to start a browser, or to run a script.
PATIENCE_S = 120.0
TAB = "\ue004"


class Browser:
    """One window; ``run`` executes JavaScript in the page, whatever the page allows itself."""

    def __init__(self, address: str, session: str) -> None:
        self._session = f"{address}/session/{session}"

    def open(self, url: str, width: int, height: int = 800) -> None:
        """Load a page in a window that is so wide."""
        self._post("window/rect", {"width": width, "height": height})
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._post(
            "goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}
        )
        self._post("url", {"url": url})

    def prefer(self, scheme: str) -> None:
        """Show pages in "light" or "dark"."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._post(
            "goog/cdp/execute",
            {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}},
        )

    def run(self, script: str, *arguments: object) -> Any:
        """What the body of a function returns."""
        return self._post("execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script: str) -> Any:
        """What the last argument of the function is called with."""
        return self._post("execute/async", {"script": script, "args": []})

    def wait_for_scripts(self, seconds: float) -> None:
        """How long a script may take."""
        self._post("timeouts", {"script": round(seconds * 1000)})

    def press(self, key: str, times: int) -> None:
        """Press a key and let it go, so many times."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")] * times
        self._post("actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def complaints(self) -> list[str]:
        """What the browser wrote to its console: errors and refused requests."""
        return [entry["message"] for entry in self._post("se/log", {"type": "browser"})]

    def _post(self, path: str, content: Mapping[str, object]) -> Any:
        return _post(f"{self._session}/{path}", content)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that is gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    driver = subprocess.Popen(["chromedriver", f"--port={port}", "--silent"])
    address = f"http://127.0.0.1:{port}"
    try:
        _await(address)
        options = {"args": ["--headless", "--no-sandbox", "--disable-gpu"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = _post(f"{address}/session", {"capabilities": {"alwaysMatch": wanted}})
        opened = Browser(address, session["sessionId"])
        opened.wait_for_scripts(PATIENCE_S)
        yield opened
        with suppress(OSError):
            urlopen(Request(f"{address}/session/{session['sessionId']}", method="DELETE")).close()
    finally:
        driver.terminate()
        driver.wait()


def _await(address: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            urlopen(f"{address}/status").close()
        except URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def _post(url: str, content: Mapping[str, object]) -> Any:
    request = Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request) as answer:
            return json.load(answer)["value"]
    except HTTPError as error:
        raise RuntimeError(json.load(error)["value"]["message"]) from error
