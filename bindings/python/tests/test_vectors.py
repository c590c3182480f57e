"""The cases of ``tests/vectors``, through Python's own calls. See the README there."""

import json
from datetime import datetime

import data
import numpy as np
import pytest

import stayput

FOLDER = data.ROOT / "tests" / "vectors"


def cases():
    index = json.loads((FOLDER / "index.json").read_text())
    assert index["format"] == 1
    for entry in index["files"]:
        for case in json.loads((FOLDER / entry["file"]).read_text())["cases"]:
            if "python" not in case.get("without", []):
                yield pytest.param(case, id=f"{entry['file']}: {case['name']}")


def text_of(lines):
    return "\n".join(lines)


def plain(value):
    """A Python answer in the form of the vectors: JSON, with instants as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime, np.datetime64)):
        if isinstance(value, np.datetime64):
            value = value.item()
        return None if value is None else instant(value)
    if isinstance(value, float) and value != value:
        return None
    return value


def instant(at):
    text = at.isoformat(timespec="microseconds").removesuffix("+00:00")
    return text.rstrip("0").removesuffix(".") + "Z"


def rows(table):
    columns = {}
    for name, kind in table.types.items():
        values = list(table[name]) if kind == "timestamp" else table[name].tolist()
        if kind == "bool":
            values = [None if value != value else bool(value) for value in values]
        columns[name] = values
    return [plain(dict(zip(columns, row))) for row in zip(*columns.values())]


def arguments(step):
    """The options of a step as Python's arguments; `from` is a word of the language."""
    return {f"{name}_" if name == "from" else name: value for name, value in step["options"].items()}


def damaged(whole, how):
    (kind, n), = how.items()
    if kind == "flip":
        return whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :]
    return whole[:n] if kind == "keep" else whole + bytes(n)


class Host:
    """What the steps of a case are taken with."""

    def __init__(self, case):
        self.case = case
        self.made = None

    @property
    def playbook(self):
        return stayput.Playbook.parse(text_of(self.case["playbook"]))

    @property
    def bundle(self):
        if "bundle" in self.case:
            return stayput.Bundle.load(FOLDER / self.case["bundle"])
        return stayput.Bundle(self.playbook)

    @property
    def engine(self):
        self.made = self.made or stayput.Engine(self.bundle)
        return self.made

    def parse(self, step):
        playbook = stayput.Playbook.parse(text_of(step["playbook"]))
        return {"name": playbook.name, "version": playbook.version}

    def definitions(self, step):
        return [definition.to_dict() for definition in self.playbook.definitions()]

    def lineage(self, step):
        return self.playbook.lineage(step["feature"]).to_dict()

    def explain(self, step):
        return self.playbook.explain(step["feature"])

    def lint(self, step):
        return [lint.to_dict() for lint in self.playbook.lint()]

    def replay(self, step):
        found = self.bundle.replay(step["events"], step.get("customers"), **arguments(step))
        return found.to_dict()

    def segment_rows(self, step):
        found = self.playbook.segment_rows(step["rows"])
        return {name: members.tolist() for name, members in found.items()}

    def segments_of(self, step):
        return self.playbook.segments_of(step["row"])

    def features(self, step):
        table = self.playbook.features(
            step.get("events", []), step.get("customers"), as_of=step.get("as_of")
        )
        return {"rows": rows(table), "report": table.report.to_dict()}

    def training_set(self, step):
        data = self.playbook.training_set(
            step.get("events", []),
            step.get("customers"),
            as_of=step.get("as_of"),
            **{name: step[name] for name in ("horizon", "gap", "censored") if name in step},
        )
        return {
            "rows": rows(data.X),
            "report": data.report.to_dict(),
            "labels": [None if label != label else label for label in data.y.tolist()],
            "censored": data.censored.tolist(),
            "left_out": data.left_out.to_dict(),
        }

    def score_rows(self, step):
        return self.bundle.score_rows(step["rows"]).tolist()

    def round_trip(self, step):
        bytes_given = self.bundle.to_bytes()
        copy = stayput.Bundle.from_bytes(bytes_given)
        return {"hash": copy.hash, "same": copy.to_bytes() == bytes_given}

    def bundle_(self, step):
        whole = self.bundle.to_bytes()
        return {"hash": stayput.Bundle.from_bytes(damaged(whole, step["damage"])).hash}

    def ingest(self, step):
        return self.engine.ingest(step.get("events", []), step.get("customers")).to_dict()

    def score(self, step):
        return self.engine.score(step["customer_id"], as_of=step["as_of"]).to_dict()

    def score_all(self, step):
        return [score.to_dict() for score in self.engine.score_all(as_of=step["as_of"])]

    def decide(self, step):
        return self.engine.decide(as_of=step["as_of"]).to_dict()

    def tick(self, step):
        return self.engine.tick(as_of=step["as_of"]).to_dict()

    def next_due(self, step):
        due = self.engine.next_due(as_of=step["as_of"])
        return None if due is None else due.isoformat().replace("+00:00", "Z")

    def record(self, step):
        return self.engine.record(step["outcomes"]).to_dict()

    def outcomes(self, step):
        return [tally.to_dict() for tally in self.engine.outcomes()]

    def ask(self, step):
        customer = [step["customer_id"]] if "customer_id" in step else []
        answer = getattr(self.engine, step["method"])(*customer, **arguments(step))
        if hasattr(answer, "to_dict"):
            return answer.to_dict()
        return [item.to_dict() for item in answer]

    def transitions(self, step):
        return self.engine.transitions(as_of=step["as_of"]).to_dict()

    def segment_counts(self, step):
        return self.engine.segment_counts(as_of=step["as_of"]).to_dict()

    def rfm(self, step):
        options = {name: step[name] for name in ("value", "window") if name in step}
        return self.engine.rfm(as_of=step["as_of"], **options).to_dict()

    def cohorts(self, step):
        def snake(name):
            return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)

        options = {snake(name): value for name, value in step["options"].items()}
        return stayput.cohorts(step["events"], step.get("customers"), **options).to_dict()

    def snapshot(self, step):
        state = self.engine.snapshot()
        self.made = stayput.Engine.restore(self.bundle, state)
        return {"same": self.made.snapshot() == state}

    def restore(self, step):
        bundle = self.bundle
        if "playbook" in step:
            bundle = stayput.Bundle(stayput.Playbook.parse(text_of(step["playbook"])))
        state = self.engine.snapshot()
        if "damage" in step:
            state = damaged(state, step["damage"])
        return {"customers": len(stayput.Engine.restore(bundle, state))}


@pytest.mark.parametrize("case", list(cases()))
def test_a_case_has_the_same_answers_here(case):
    host = Host(case)
    for step in case["steps"]:
        call = getattr(host, "bundle_" if step["call"] == "bundle" else step["call"])
        if "error" in step:
            with pytest.raises(stayput.StayputError) as raised:
                call(step)
            error = raised.value
            assert {"code": error.code, "message": str(error)} == step["error"]
        else:
            assert plain(call(step)) == step["expect"]
