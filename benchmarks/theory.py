"""How fast are the theories at 1,741 regions, beside the loops that published toolkits use?

Run ``python benchmarks/theory.py``; it keeps BLAS to one thread, counts the CPU time of the
process, and writes its section of ``README.md``. Regions are made up (uniform points, log-normal
people and wages, seed 0).

The damped loop is the one of published toolkits for quantitative spatial models: move people and
wages a quarter of the way to what the equations say, until nothing moves by more than 1e-8.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402
from sections import machine, write_section  # noqa: E402

from shuseki.theory.models.footloose import FootlooseEntrepreneur  # noqa: E402
from shuseki.theory.models.quantitative_housing import HousingParameters, exact_hat  # noqa: E402
from shuseki.theory.solving.space import any_costs  # noqa: E402
from shuseki.theory.solving.trade import invert_trade  # noqa: E402

REGIONS, DISTRICTS = 1741, 253


def made_up(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    points = rng.random((n, 2)) * 500
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, 8)
    people, wage = np.exp(rng.normal(0, 1, n)) * 1e4, np.exp(rng.normal(0, 0.15, n)) * 3e6
    return people, wage, np.maximum(apart / 8, 1) ** 0.33


def seconds(run: Callable[[], object], times: int = 3) -> float:
    run()
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def damped_long_run(kernel: np.ndarray, A: np.ndarray, u: np.ndarray, sigma: float, mu: float):
    """Helpman's model in levels as toolkits solve it: a quarter step on people and wages."""
    n = len(A)
    people, wage = np.full(n, 1 / n), np.ones(n)
    H = u ** (mu / (1 - mu))
    step = 0
    while step < 20_000:
        step += 1
        offered = people * (wage / A) ** (1 - sigma)
        shares = kernel * offered
        shares /= shares.sum(axis=1, keepdims=True)
        income = shares.T @ (wage * people)
        new_wage = wage * (income / (wage * people)) ** (1 / sigma)
        worth = (A**mu * H ** (1 - mu) * np.diag(shares) ** (-mu / (sigma - 1))) ** (
            (sigma - 1) / (sigma * (1 - mu) - 1)
        )
        new_people = worth / worth.sum()
        moved = max(np.max(np.abs(new_people / people - 1)), np.max(np.abs(new_wage / wage - 1)))
        people = 0.75 * people + 0.25 * new_people
        wage = 0.75 * wage + 0.25 * new_wage
        wage /= wage @ people
        if moved < 1e-8:
            break
    return people, step


def main() -> None:
    people, wage, costs = made_up(REGIONS)
    world = HousingParameters().invert(people, wage, costs)
    chosen = world.parameters
    kernel = np.exp((1 - chosen.elasticity_of_substitution) * np.log(costs.T))
    better = np.zeros(REGIONS)
    better[0] = np.log(1.1)
    cheaper = np.where(np.arange(REGIONS)[:, None] == 0, 0.9, 1.0) * np.ones((1, REGIONS))
    cheaper = np.maximum(np.minimum(cheaper, cheaper.T), 1 / costs)
    args = (world.trade_shares, wage * people, people, chosen)

    rows: list[tuple[str, float, str]] = []
    found = exact_hat(*args, productivity=better)
    ours = people * np.exp(found[0])
    fast = seconds(lambda: exact_hat(*args, productivity=better))
    rows.append((f"exact hat, productivity ({found[-1]} steps)", fast, "0.6"))
    start = time.process_time()
    theirs, slow_steps = damped_long_run(
        kernel, world.productivity * np.exp(better), world.amenity, 5.0, 0.75
    )
    slow = time.process_time() - start
    apart = float(np.max(np.abs(theirs / ours * people.sum() - 1)))
    rows.append((f"the same by the damped loop ({slow_steps} steps, apart {apart:.0e})", slow, ""))
    steps = exact_hat(*args, transport_cost=cheaper)[-1]
    rows.append(
        (
            f"exact hat, transport costs ({steps} steps)",
            seconds(lambda: exact_hat(*args, transport_cost=cheaper)),
            "0.6",
        )
    )
    rows.append(("inversion", seconds(lambda: invert_trade(kernel, wage * people)), "0.5"))
    start = time.process_time()
    world.spectrum()
    rows.append(("all eigenvalues of the adjustment", time.process_time() - start, "4"))
    start = time.process_time()
    _ = world.audit
    rows.append(("audit: leading eigenvalue and uniqueness", time.process_time() - start, ""))
    entrepreneurs = FootlooseEntrepreneur(
        distance=any_costs(costs), transport_cost=float(np.e), congestion=0.3
    )
    share = people / people.sum()
    rows.append(
        ("footloose entrepreneur, short run", seconds(lambda: entrepreneurs.short_run(share)), "")
    )
    one = int(np.argmax(made_up(DISTRICTS)[0]))
    small = HousingParameters().invert(*made_up(DISTRICTS))
    start = time.process_time()
    small.with_draws(draws=1000, productivity=np.where(np.arange(DISTRICTS) == one, 1.1, 1.0))
    rows.append(("1,000 draws of a 253-district counterfactual", time.process_time() - start, "30"))
    table = "\n".join(f"| {what} | {taken:.3f} | {goal} |" for what, taken, goal in rows)
    write_section(
        "theory",
        f"## Theory\n\n{REGIONS:,} made-up regions unless said, one BLAS thread, "
        f"CPU time of the process. {machine()}\n\n"
        f"| step | CPU seconds | wanted below |\n|---|---|---|\n{table}\n\n"
        f"The damped loop takes {slow / fast:.0f} times as long as ours for the same answer.",
    )
    print(table)


if __name__ == "__main__":
    main()
