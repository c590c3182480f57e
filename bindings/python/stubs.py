"""Writes the type stubs of the extension module from its Rust signatures.

    python stubs.py            writes python/stayput/_native.pyi
    python stubs.py --check    fails where it differs from what would be written
"""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COMMITTED = HERE / "python" / "stayput" / "_native.pyi"


def generate():
    """The stubs as they should be."""
    with tempfile.TemporaryDirectory() as folder:
        maturin = pathlib.Path(sys.executable).with_name("maturin")
        command = [maturin, "generate-stubs", "--profile", "fast", "--no-default-features"]
        command += ["--features", "stubs", "-i", sys.executable, "-o", folder, "-q"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, env=environment())
        if done.returncode:
            sys.exit(done.stderr)
        (stub,) = pathlib.Path(folder).rglob("_native.pyi")
        return "\n".join(line.rstrip() for line in stub.read_text().splitlines()) + "\n"


def environment():
    """The target folder is the project's, also where maturin is called from another one."""
    target = HERE.parents[1] / "target"
    return {"CARGO_TARGET_DIR": str(target), **os.environ}


def main():
    stub = generate()
    if "--check" not in sys.argv[1:]:
        COMMITTED.write_text(stub)
    elif stub != (COMMITTED.read_text() if COMMITTED.exists() else ""):
        sys.exit("the stubs are not those of the source; run `python bindings/python/stubs.py`")


if __name__ == "__main__":
    main()
