"""Chromium for tests, through chromedriver's own HTTP protocol: no package is needed for it."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import subprocess
import tarfile
import urllib.request
from pathlib import Path
from typing import Any, Self

import pytest

WHY_NOT = "chromium and chromedriver are not installed: what a page does in a browser is NOT TESTED here"
LOOKS = [(width, dark) for width in (1280, 390) for dark in (False, True)]
"""How a page is looked at: in a window and on a phone, light and dark."""
_AXE = "axe-core@4.10.3"
_AXE_INTEGRITY = "sha512-Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg=="
_RUN_AXE = (
    "const done = arguments[arguments.length - 1];"
    "axe.run({resultTypes: ['violations']}).then(r => done(r.violations.map(v => [v.id, v.nodes[0].html])))"
)
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)


def installed() -> bool:
    """Whether there is a Chromium to drive."""
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """One window. Used as a context; every script runs in the page that is open."""

    def __init__(self, profile: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        self._driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._driver.stdout
        for line in self._driver.stdout:  # it says when it listens
            if "started successfully" in line:
                break
        options = {
            "binary": shutil.which("chromium"),
            "args": [*_OPTIONS, f"--user-data-dir={profile}"],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._url += f"/session/{made['sessionId']}"
        self._call("POST", "/url", {"url": "about:blank"})  # away from the browser's own first page
        self.requested()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait(10)
            if self._driver.stdout:
                self._driver.stdout.close()

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        asked = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, page: Path, fragment: str = "") -> None:
        """Loads a file, afresh even where only the fragment differs."""
        self._call("POST", "/url", {"url": "about:blank"})
        self._call("POST", "/url", {"url": page.as_uri() + fragment})

    def run(self, script: str) -> Any:
        """What the body of a function returns in the page."""
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def run_async(self, script: str) -> Any:
        """What a script gives to its callback, its last argument."""
        return self._call("POST", "/execute/async", {"script": script, "args": []})

    def devtools(self, command: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def look(self, *, width: int, dark: bool = False, height: int = 900) -> None:
        """The size of the window and the colours that the reader prefers."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self) -> bytes:
        """The window as a PNG."""
        return base64.b64decode(self._call("GET", "/screenshot"))

    def pdf(self) -> bytes:
        """The page as printed."""
        return base64.b64decode(self._call("POST", "/print", {}))

    def console(self) -> list[str]:
        """What the console said since it was last asked, errors and all."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def requested(self) -> list[str]:
        """Every address that was asked for since this was last called."""
        entries = self._call("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        found = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [url for url in found if not url.startswith(("chrome:", "about:"))]

    def violations(self, axe: str) -> list[list[str]]:
        """The rules of accessibility that the open page breaks, each with the first place; `axe` as `accessibility`
        gives it."""
        self.run(f"{axe}; return 0")
        found: list[list[str]] = self.run_async(_RUN_AXE)
        return found


def accessibility(folder: Path) -> str:
    """The source of the accessibility checker, as npm has it, known by its digest. Skips the test that cannot have it."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: accessibility is NOT TESTED here")
    packed = subprocess.run(["npm", "pack", _AXE, "--silent"], cwd=folder, capture_output=True, timeout=60, check=False)
    archives = list(folder.glob("*.tgz"))
    if packed.returncode or not archives:
        pytest.skip(f"{_AXE} cannot be had from npm: accessibility is NOT TESTED here")
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    assert f"sha512-{digest}" == _AXE_INTEGRITY
    with tarfile.open(archives[0]) as archive:
        found = archive.extractfile("package/axe.min.js")
        assert found
        return found.read().decode()
