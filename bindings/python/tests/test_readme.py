"""The README's notebook quickstart does what it says, as it is written there."""

import re
import subprocess
import sys

import data
import stayput


def test_the_quickstart_trains_and_saves_a_bundle(tmp_path):
    readme = (data.ROOT / "README.md").read_text()
    block = re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]
    (tmp_path / "examples").symlink_to(data.ROOT / "examples")
    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ROC-AUC" in done.stdout
    assert stayput.Bundle.load(tmp_path / "acme.stayput").playbook.name == "acme"
