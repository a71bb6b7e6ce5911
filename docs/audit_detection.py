"""How many planted slips does the audit find? The tables of ``docs/audit.md``.

    python docs/audit_detection.py [SEEDS [SLIP …]]

It takes less than a second of processor for each of 64 × SEEDS papers, with one thread of linear
algebra (OPENBLAS_NUM_THREADS=1).

Made-up papers (synthetic; ``tests/papers/made_up.py``) in two styles, one slip in each.
"""

import runpy
import sys
from pathlib import Path

from shuseki.papers.audit.trial import try_audit

MADE_UP = runpy.run_path(str(Path(__file__).parents[1] / "tests/papers/made_up.py"))

if __name__ == "__main__":
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    papers = [
        MADE_UP["consistent_paper"](seed, style)
        for style in ("one sample", "trimmed")
        for seed in seeds
    ]
    trial = try_audit(papers, sorts=sys.argv[2:] or None)
    print(trial.headline())
    print(trial.to_frame().to_string(index=False))
