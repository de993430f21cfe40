"""How fast the app answers: ``python -m benchmarks.app``, half a minute; needs Chromium.

Goals on two cores: first paint below 2 s, a slider's answer below 300 ms, the extra below 40 MB beyond the core.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import distribution, requires

EXTRA = ("fastapi", "starlette", "uvicorn", "anyio", "h11", "idna", "sniffio", "annotated-doc", "typing-inspection")
REPEATS = 15
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
MOVE = "s => { s.value = Number(s.value) + 0.01; s.dispatchEvent(new Event('input', { bubbles: true })); }"


def size(name: str) -> int:
    """Bytes of an installed distribution; 0 where it is not."""
    try:
        files = distribution(name).files or []
    except Exception:
        return 0
    return sum(f.locate().stat().st_size for f in files if f.locate().is_file())


def main() -> None:
    from playwright.sync_api import sync_playwright

    from epitropy.web.serve import free_port

    vendored = sum(f.stat().st_size for f in _vendored())
    beyond = sum(size(n) for n in EXTRA if n not in _core())
    print(f"extra: {beyond / 1e6:.1f} MB beyond the core; {vendored / 1e6:.1f} MB of scripts in the package")
    port = free_port(None)
    address = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    app = subprocess.Popen([sys.executable, "-m", "epitropy.cli", "app", "--no-browser", "--port", str(port)])
    try:
        _until_up(address)
        print(f"server up after {time.perf_counter() - began:.1f} s")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            asked = time.perf_counter()
            page.goto(address)
            page.wait_for_selector("#view[data-shown]", timeout=120_000)
            told = "() => performance.getEntriesByType('paint')[0].startTime"
            print(f"first paint {page.evaluate(told):.0f} ms, first view {time.perf_counter() - asked:.1f} s (cold)")
            for tab, name in (("recipe", "coating.dose"), ("layer", "anneal.time"), ("cell", "coating.dose")):
                page.click(f"#tab-{tab}")
                page.wait_for_selector(f"#view[data-shown^='{tab} ']:not(.busy)", timeout=120_000)
                page.wait_for_timeout(5000)  # processes load what later views need
                times = [_moved(page, name) for _ in range(REPEATS)]
                middle, longest = 1e3 * statistics.median(times), 1e3 * max(times)
                print(f"{tab}: slider to picture {middle:.0f} ms (longest {longest:.0f})")
    finally:
        app.terminate()
        app.wait(20)


def _moved(page, name: str) -> float:
    before = page.get_attribute("#view", "data-shown")
    start = time.perf_counter()
    page.eval_on_selector(f"[data-name='{name}'] input[type=range]", MOVE)
    page.wait_for_selector(f"#view:not([data-shown='{before}'])")
    return time.perf_counter() - start


def _until_up(address: str) -> None:
    while True:
        try:
            urllib.request.urlopen(f"{address}/api/health").read()
            return
        except OSError:
            time.sleep(0.05)


def _vendored():
    from importlib.resources import files

    return [f for f in files("epitropy.web").joinpath("static", "vendor").iterdir() if f.name.endswith(".js")]


def _core() -> set[str]:
    """Names of what the core itself asks for."""
    return {r.split(">")[0].split(";")[0].strip() for r in requires("epitropy") or [] if "extra" not in r}


if __name__ == "__main__":
    main()
