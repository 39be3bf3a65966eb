"""The outcomes of all runs of a folder, in the form of tests/measured/outcomes.toml."""
from collections import defaultdict

from harness import quantities


def write(cases, out):
    """One list a (case, who, quantity), ascending, over the runs that can be counted; a quantity that some run lacks is left out."""
    text = [text_of(case.name, values_of(case, out)) for case in cases]
    (out / "outcomes.toml").write_text("\n".join(text))


def values_of(case, out):
    folders = sorted(mark.parent for mark in out.glob(f"{case.name}--*/finished"))
    runs = [quantities.of_run(case, folder) for folder in folders]
    values = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for who, found in run.items():
            for quantity, value in found.items():
                values[who][quantity].append(value)
    return {who: {q: sorted(v) for q, v in found.items() if len(v) == len(runs)} for who, found in sorted(values.items())}


def text_of(case_name, values):
    tables = []
    for who, found in values.items():
        rows = [f'"{quantity}" = {list_}' for quantity, list_ in found.items()]
        tables.append("\n".join([f'["{case_name}"."{who}"]', *rows, ""]))
    return "\n".join(tables)
