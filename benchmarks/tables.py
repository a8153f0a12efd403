"""The records as Markdown."""

import statistics

MEGA = 1e6
NOTE = (
    "A row tells its batch and precision where they are not 64 examples and float32. Steps a "
    "second: generator updates, medians over the rounds; ours / PyTorch: median (least-greatest) "
    "of the rounds' ratios. First step: seconds from the start of the process, with nothing "
    "compiled / with what an earlier process compiled. Memory: the process's most; on a GPU the "
    "device's. Roof: operations of the products and convolutions, counted in the eager "
    "step, over those of a large matrix product of that precision in the same time, the most that "
    "either side reached. Ours may do with fewer: it convolves and resizes in one. In float32 both "
    "use TF32 where a GPU has it; in bfloat16 weights stay float32, and PyTorch runs under "
    "autocast. torch.compile has no "
    "derivative of a derivative: under a gradient penalty it compiles all but the penalised pass. "
    "Ours also averages the generator, takes the norms of both gradients, checks every metric and "
    "brings the log to the host. PyTorch's threads wait as OMP_WAIT_POLICY says: spinning (its "
    "default) is the better on an idle machine, passive beside other work."
)


def table(header, rows):
    """A Markdown table of strings."""
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in (cells[0], *cells[1:])
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def number(value):
    """Three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _speed(row, record):
    cells = [row]
    for side in ("ours", "eager", "compile"):
        known = side in record["rates"]
        failed = "does not work" if side in record["failed"] else ""
        cells.append(number(statistics.median(record["rates"][side])) if known else failed)
        if side != "ours":
            ratio = "{} ({}-{})".format(*map(number, record["ratios"][side])) if known else ""
            cells.append(ratio)
    return cells


def _cost(row, record, roof):
    cells = [row]
    for side in ("ours", "eager", "compile"):
        cells.append(" / ".join(number(t) for t in record["first_step"].get(side, {}).values()))
    for side in ("ours", "eager", "compile"):
        memory = record["memory"].get(side)
        cells.append(number((memory["device"] or memory["host"]) / MEGA) if memory else "")
    cells.append(number(record["operations"] / 1e9))
    for side in ("ours", "eager", "compile"):
        rates = record["rates"].get(side)
        share = statistics.median(rates) * record["operations"] / roof if rates else None
        cells.append(f"{100 * share:.0f} %" if rates else "")
    return cells


def report(record):
    """Both tables and what they say of themselves."""
    rows = record["rows"]
    one = next(iter(rows.values()))["facts"]
    versions = ", ".join(
        f"{name} {one[side]['version']} on {one[side]['device']}"
        for name, side in (("JAX", "ours"), ("PyTorch", "eager"))
        if side in one
    )
    roofs = {}
    for row in rows.values():
        roofs[row["dtype"]] = max(row["roof"], roofs.get(row["dtype"], 0))
    reached = ", ".join(f"{number(roof / 1e9)} in {dtype}" for dtype, roof in roofs.items())
    head = (
        f"{record['date'][:10]}: {versions}; {record['cores']} cores, "
        f"{record['options']['rounds']} rounds; GFLOP/s of a matrix product: {reached}."
    )
    speed = table(
        ["steps/s", "ours", "eager", "ours / eager", "compile", "ours / compile"],
        [_speed(*row) for row in rows.items()],
    )
    cost = table(
        [
            *("first step, s", "ours", "eager", "compile"),
            *("MB: ours", "eager", "compile"),
            *("GFLOP a step", "roof: ours", "eager", "compile"),
        ],
        [_cost(name, row, roofs[row["dtype"]]) for name, row in rows.items()],
    )
    failures = [
        f"- {row}, {side}: {reason}"
        for row, one in rows.items()
        for side, reason in one["failed"].items()
    ]
    return "\n\n".join([head, speed, cost, NOTE, *(["\n".join(failures)] if failures else [])])
