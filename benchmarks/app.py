"""Does the web application keep its budget?

Run ``python benchmarks/app.py [--requests 100000] [--kills 50] [--areas N]``. It starts the app on
a free port of loopback with a folder of its own, asks as a browser does (gzip, one connection per
reader) and writes its section of ``README.md``: size and time of the pages cold and kept, of the
slider of the map, at concurrency 1, 8 and 32, memory before and after many requests, and what is
left when the app is killed in the middle of uploads and jobs.

The budget: HTML under 50 ms (p95) kept and 200 ms at first; the map at most 130 KB cold, the page
of an area at most 550 KB; the slider under 50 ms (p95); under 600 MB.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
from sections import machine, write_section

PAGES = {
    "map": "/ja/",
    "ranking": "/ja/ranking?indicator=employment",
    "compare": "/ja/compare",
    "area": "/ja/area?area=東大阪",
    "knowledge": "/ja/knowledge",
}
COLD = {
    "map": ["/ja/", "/static/app.css", "/static/app.js", "/static/map.js", "/static/icon.svg"],
    "area": ["/ja/area?area=東大阪", "/static/app.css", "/static/app.js"],
}
HTMX, PLOTLY = "/static/vendor/htmx-4.0.1.min.js", "/static/vendor/plotly-cartesian-4.1.1.min.js"
YEARS = range(2001, 2013)


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def start(data: Path, port: int) -> subprocess.Popen[bytes]:
    code = "from shuseki.cli import main; main()"
    command = [sys.executable, "-c", code, "app", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/static/icon.svg")
            return process
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("The app did not start in two minutes.")


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def transferred(client: httpx.Client, path: str) -> int:
    """Bytes on the wire of an answer's body."""
    with client.stream("GET", path) as answer:
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        return sum(len(chunk) for chunk in answer.iter_raw())


async def many(base: str, paths: list[str], requests: int, readers: int) -> np.ndarray:
    """Seconds of each request, by that many readers at once."""
    taken: list[float] = []
    left = iter(range(requests))

    async def read() -> None:
        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            for k in left:
                began = time.perf_counter()
                answer = await client.get(paths[k % len(paths)])
                taken.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    raise RuntimeError(f"{paths[k % len(paths)]}: {answer.status_code}")

    await asyncio.gather(*(read() for _ in range(readers)))
    return np.array(taken) * 1000


def row(name: str, taken: np.ndarray) -> str:
    p50, p95 = np.percentile(taken, [50, 95])
    return f"| {name} | {p50:.1f} | {p95:.1f} |"


def kills(data: Path, times: int) -> tuple[int, int]:
    """Kill the app in the middle of an upload and a job; how often something was lost or half."""
    wave = b"id,municipality,industry,employees\n" + b"1,13101,29,5\n" * 200_000
    known: set[str] = set()
    faults = 0
    rng = np.random.default_rng(0)
    for _ in range(times):
        port = free_port()
        process = start(data, port)
        ours = {"sec-fetch-site": "same-origin"}
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, headers=ours, timeout=60) as client:
            before = set(client.get("/en/uploads").text.split('href="/en/uploads/')[1:])
            shown = {part[:27] for part in before}
            faults += len(known - shown)
            known = shown
            sending = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "import httpx,sys;"
                    f"httpx.post('{base}/en/uploads', headers={ours!r}, data={{'wave': '2001'}}, "
                    f"files={{'file': ('w.csv', {wave[:36]!r} + b'1,13101,29,5\\n' * 200000)}})",
                ],
                stderr=subprocess.DEVNULL,
            )
            client.post("/api/studies", json={"study": "okamuro-2006"})
            time.sleep(float(rng.uniform(0.2, 1.5)))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            sending.wait()
        for job in (data / "jobs").iterdir():
            if (job / "out").exists() and not (job / "out" / "manifest.json").exists():
                faults += 1
    port = free_port()
    process = start(data, port)
    left = [p for p in (data / "uploads").iterdir() if p.name.startswith("new-")]
    left += [p for p in (data / "jobs").iterdir() if p.name.startswith("new-")]
    process.terminate()
    process.wait()
    return times, faults + len(left)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--requests", type=int, default=100_000)
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--areas", type=int, help="first pages of so many areas of each division")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "data"
        port = free_port()
        process = start(data, port)
        base = f"http://127.0.0.1:{port}"
        try:
            lines = measured(base, process, given.requests, given.areas)
        finally:
            process.terminate()
            process.wait()
        times, faults = kills(Path(place) / "killed", given.kills)
        for job in (Path(place) / "killed" / "jobs").glob("*/process.lock"):
            number = job.read_text(encoding="ascii")
            if number.isdigit():
                with suppress(ProcessLookupError):
                    os.killpg(int(number), signal.SIGKILL)
    lines.append(
        f"\nKilled (SIGKILL) {times} times in the middle of an upload and a job: {faults} lost, "
        "half shown or left behind."
    )
    write_section("app", "\n".join(lines))


def measured(
    base: str, process: subprocess.Popen[bytes], requests: int, most: int | None
) -> list[str]:
    time.sleep(20)  # what first pages need is read in the background
    lines = ["## The web application", "", machine(), ""]
    with httpx.Client(base_url=base, timeout=60) as client:
        lines += ["| page, first | KB | ms |", "|---|---|---|"]
        for name, path in PAGES.items():
            began = time.perf_counter()
            size = transferred(client, path)
            lines.append(
                f"| {name} | {size / 1024:.0f} | {1000 * (time.perf_counter() - began):.0f} |"
            )
        page = client.get("/ja/").text
        shapes = page.split('data-shapes="')[1].split('"')[0].replace("&amp;", "&")
        values = page.split('data-values="')[1].split('"')[0].replace("&amp;", "&")
        cold = sum(transferred(client, path) for path in [*COLD["map"], HTMX, shapes, values])
        area = client.get(PAGES["area"]).text
        figures = {
            part.split("#")[0].replace("&amp;", "&") for part in area.split('data-src="')[1:]
        }
        whole = sum(transferred(client, path) for path in [*COLD["area"], HTMX, PLOTLY, *figures])
    lines.append(
        f"\nCold loads with all they need: map {cold / 1024:.0f} KB, area {whole / 1024:.0f} KB.\n"
    )
    lines += ["| every area, first, ms | p50 | p95 |", "|---|---|---|"]
    for by in ("district-253", "municipality"):
        areas = httpx.get(f"{base}/api/areas/{by}?limit=10000", timeout=60).json()["areas"]
        step = max(len(areas) // most, 1) if most else 1
        pages = [f"/ja/area?by={by}&area={area['code']}" for area in areas[::step]]
        lines.append(row(f"{by} ({len(pages):,})", asyncio.run(many(base, pages, len(pages), 1))))
    lines.append("")
    slider = [f"/api/values/plants?by=municipality&year={year}" for year in YEARS]
    lines += ["| kept, ms | p50 | p95 |", "|---|---|---|"]
    for name, path in PAGES.items():
        lines.append(row(name, asyncio.run(many(base, [path], 200, 1))))
    lines.append(row("slider of the map", asyncio.run(many(base, slider, 240, 1))))
    every = list(PAGES.values())
    for readers in (8, 32):
        lines.append(
            row(f"all pages, {readers} readers", asyncio.run(many(base, every, 800, readers)))
        )
    print("\n".join(lines), flush=True)
    before = memory_mb(process)
    quarter = requests // 4
    grown = []
    for _ in range(4):
        asyncio.run(many(base, [*every, *slider], quarter, 8))
        grown.append(memory_mb(process))
    told = ", ".join(f"{mb:.0f}" for mb in grown)
    lines.append(
        f"\nMemory: {before:.0f} MB before, {told} MB after each quarter of {requests:,} requests."
    )
    return lines


if __name__ == "__main__":
    main()
