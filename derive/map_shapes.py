"""Draw the shapes of the map of the web application, once for each division.

    python derive/map_shapes.py

Takes only bundled data. Writes ``src/shuseki/app/shapes/<division>.json.gz``; a test holds that
they are what ``shuseki.app.maps.drawn_shapes`` draws.
"""

import gzip
import json
from pathlib import Path

from shuseki.app.maps import drawn_shapes
from shuseki.app.places import DIVISIONS

OUT = Path(__file__).parents[1] / "src/shuseki/app/shapes"

if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for by in DIVISIONS:
        text = json.dumps(drawn_shapes(by), ensure_ascii=False, separators=(",", ":"))
        place = OUT / f"{by}.json.gz"
        place.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(f"{place.name}: {place.stat().st_size / 1024:,.0f} kB")
