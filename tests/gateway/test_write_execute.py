"""MemoryDenyWriteExecute=yes in the unit does not stop the engine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.model
@pytest.mark.parametrize("rules", ["seccomp", "prctl"])
def test_the_model_loads_and_logs_to_python_without_writable_code(smollm2: Path, rules: str) -> None:
    """llama.cpp calls back into Python through libffi, which must do without a writable and executable page."""
    program = Path(__file__).parent / "write_execute.py"

    done = subprocess.run([sys.executable, str(program), rules, str(smollm2)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    if found["rules"] == "unsupported":
        pytest.skip("this kernel has no PR_SET_MDWE (Linux 6.3)")

    assert found["page"] == "denied"
    assert found["decode"] == 0
    assert found["log_lines"] > 100
