"""How many planted slips does the audit find? The tables of ``docs/audit.md``.

    python docs/audit_detection.py [SEEDS]          (2 s of processor for each of 64 × SEEDS papers)

Made-up papers (synthetic; ``tests/entry/test_audit.py``) in two styles, one slip in each.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/papers"))

from test_audit import detection

if __name__ == "__main__":
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    table = detection(seeds, ("one sample", "trimmed"))
    print(table.to_string())
    print(table.sum().to_string())
