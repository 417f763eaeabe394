# tests/bench/judge.py - from measured pairs to a row: medians, the spread of the ratio, and whether the goal is met.
# SPDX-License-Identifier: Apache-2.0
"""A row compares what was measured with a reference beside it, or with a goal in numbers. Own and reference alternate; each
pair has its ratio. `ratio` is the median of these, `spread` the least and the greatest. A goal is met, or is not, when all
ratios say so; a spread that has `reach` inside says nothing, and the row says UNDECIDED."""
import json
import statistics

UNDECIDED = "not decided"
LESS, MORE = False, True

# What is to be reached: of the ratio to the reference that was measured beside (the second word is then None), or of the
# ratio to a number. Said here alone; programs only measure.
GOALS = {
    # against a bare program beside
    "fanout": (1.2, None, LESS), "fanout_p50": (1.2, None, LESS), "saturation": (0.95, None, MORE),
    "push": (2.0, None, LESS), "flood": (1.3, None, LESS), "viewers": (1.1, None, LESS),
    "corridor": (1.0, None, MORE), "corridor_cached": (1.0, None, MORE), "corridor_handed": (0.75, None, MORE),
    "scale_obstacles": (1.3, None, LESS), "scale_tiles": (2.0, None, LESS), "scale_drones": (2.0, None, LESS),
    "zones_context": (2.0, None, LESS), "start": (1.5, None, LESS), "strips": (0.1, None, LESS),
    "raster": (0.5, None, MORE), "obstacles": (0.5, None, MORE), "urgent": (1.0, None, LESS),
    "raster_gdalwarp": (1.0, None, MORE), "import_memory": (1.0, None, LESS), "journal_cost": (1.05, None, LESS),
    "experiment_checked": (1.8, None, MORE), "experiment_unchecked": (1.8, None, MORE),
    # against a number
    "push_p50": (1, 0.6, LESS), "push_p50_accepted": (1, 0.6, LESS), "push_burst": (1, 40, LESS),
    "context_cpu": (1, 15, LESS), "obstacle_cpu": (1, 0.4, LESS),
    "points": (1, 40e6, MORE), "memory_node": (1, 256, LESS), "memory_fabric": (1, 256, LESS),
    "memory_obstacle": (1, 2048, LESS), "memory_drone": (1, 4096, LESS), "memory_drone_patches": (1, 4096, LESS),
    "context": (1, 200000, MORE), "context_limits": (1, 110000, MORE),
    "zones_load": (1, 4, LESS), "zones_query": (1, 30, LESS), "zones_landing": (1, 30, LESS),
    "zones_one_more": (1, 5000, LESS), "zones_first_publish": (1, 5000, LESS), "zones_memory": (1, 2048, LESS),
    "replay_5hz": (1, 30, MORE), "replay_1hz": (1, 150, MORE), "replay_live_5hz": (1, 30, MORE),
    "replay_live_1hz": (1, 150, MORE), "shift": (1, 2, LESS), "replay_obstacle": (1, 0.4, LESS),
    **{f"fusion_fabric_{step}_step": (1, 5, LESS) for step in ("apply_terrain", "apply_obstacles", "fold", "publish",
                                                              "render", "tidy")},
}


def met(ratios, reach, more):
    """True, False, or UNDECIDED."""
    low, high = (min(ratios) - reach, max(ratios) - reach) if more else (reach - max(ratios), reach - min(ratios))
    return True if low >= 0 else False if high < 0 else UNDECIDED


def row(name, unit, values, reference="", references=None, **more_fields):
    """Of the values and as many references; of one that counts for all; or of none, where GOALS has a number. Further
    fields are printed as they are."""
    reach, goal, more = GOALS.get(name, (None, None, LESS))
    reach, more = more_fields.pop("reach", reach), more_fields.pop("more", more)
    if goal is not None:
        reference, references = "goal", [goal] * len(values)
    made = {"bench": name, "value": statistics.median(values), "unit": unit, "p50": more_fields.pop("p50", None),
            "reference": reference}
    if references:
        references = references * len(values) if len(references) == 1 else references
        ratios = [value / beside if beside else value for value, beside in zip(values, references, strict=True)]
        made.update(reference_value=statistics.median(references), reference_p50=more_fields.pop("reference_p50", None),
                    ratio=statistics.median(ratios), spread=[min(ratios), max(ratios)], pairs=len(ratios), reach=reach,
                    met=met(ratios, reach, more) if reach is not None else None)
    made.update(more_fields)
    return {key: rounded(value) for key, value in made.items() if value is not None and value != ""}


def rounded(value):
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


OWN_FIELDS = ("bench", "value", "unit", "reference", "reference_value", "ratio", "reach", "met", "pairs")


def pairs_in(line):
    """The pairs of one line of a program: its list of [value, reference], or its own one; None where there is no reference."""
    return line.get("pairs") or [[line["value"], line.get("reference_value")]]


def merged(runs):
    """The rows of a program that was run several times; each run is the list of its lines. A line that has a reference of
    its own is a pair, or has `pairs`."""
    names = list(dict.fromkeys(line["bench"] for run in runs for line in run))
    for name in names:
        lines = [line for run in runs for line in run if line["bench"] == name]
        first = lines[0]
        fixed = {}
        if name not in GOALS and "met" in first:  # judged by the program: as it does
            fixed = {"reach": first["reach"], "more": bool(first["met"]) == (first["ratio"] > first["reach"])}
        fields = {key: value for key, value in lines[-1].items() if key not in OWN_FIELDS}
        values, references = zip(*(pair for line in lines for pair in pairs_in(line)), strict=True)
        yield row(name, first["unit"], list(values), first.get("reference", ""),
                  list(references) if None not in references else None, **fixed, **fields)


COLUMNS = {"bench": "bench", "value": "value", "p50": "p50", "unit": "unit", "reference": "reference",
           "reference_value": "its value", "reference_p50": "its p50", "ratio": "ratio", "spread": "spread",
           "pairs": "pairs", "reach": "to reach", "met": "met"}
KEPT = "## "  # what stands below the first such heading of the old file stays


def cell(value):
    if isinstance(value, list):
        return " .. ".join(cell(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table(lines, head, old=""):
    """The page results.md. What was written below its table by hand is kept."""
    rows = [head, "", "| " + " | ".join(COLUMNS.values()) + " |", "|" + "---|" * len(COLUMNS)]
    rows += ["| " + " | ".join(cell(one.get(key, "")) for key in COLUMNS) + " |" for one in lines]
    kept = old.find("\n" + KEPT)
    return "\n".join(rows) + "\n" + (old[kept:] if kept >= 0 else "")


def printed(text):
    """The JSON lines of what a program printed."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
