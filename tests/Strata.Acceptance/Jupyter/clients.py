"""Runs cells as scripts run them, through nbclient. Usage: clients.py SCENARIO"""

import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat.v4 import new_code_cell, new_notebook


def notebook(*sources):
    cells = [new_code_cell(source) for source in sources]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "strata", "display_name": "C# (Strata)", "language": "C#"}})


def result(cell):
    values = [output["data"]["text/plain"] for output in cell.outputs if output.output_type == "execute_result"]
    assert len(values) == 1, cell.outputs
    return values[0]


def error(cell):
    errors = [output for output in cell.outputs if output.output_type == "error"]
    assert len(errors) == 1, cell.outputs
    return errors[0]


def timeout(loop):
    """A cell that takes too long is interrupted; what was there before and what comes after is not harmed."""
    nb = notebook("#!model ../data/othello\nint kept = 41;", loop, "kept + model.Spec.Blocks")
    began = time.monotonic()
    client = NotebookClient(nb, timeout=5, interrupt_on_timeout=True, allow_errors=True)
    client.execute()
    took = time.monotonic() - began
    assert result(nb.cells[2]) == "49", nb.cells[2]
    assert took < 40, took
    nbformat.validate(nb)


def await_timeout():
    timeout("await Task.Delay(TimeSpan.FromMinutes(5), cancellation);")


def spin_timeout():
    timeout("while (true) { }")


def hard_timeout():
    """Without interrupt_on_timeout the client gives up, and the kernel goes away with it."""
    nb = notebook("while (true) { }", "1")
    try:
        NotebookClient(nb, timeout=4).execute()
        raise AssertionError("no timeout")
    except CellTimeoutError:
        pass
    assert not nb.cells[1].outputs


def raising():
    nb = notebook("int before = 1;", 'throw new InvalidOperationException("broken on purpose");', "before + 1")
    try:
        NotebookClient(nb).execute()
        raise AssertionError("no error")
    except CellExecutionError as e:
        assert e.ename == "System.InvalidOperationException", e.ename
        assert e.evalue == "broken on purpose", e.evalue
        assert "broken on purpose" in str(e) and "line 1" in str(e), str(e)
    assert error(nb.cells[1]).evalue == "broken on purpose"
    assert not nb.cells[2].outputs, "the cells after the failing one must not have run"
    nbformat.validate(nb)


def wrong_code():
    nb = notebook("int n = 1;\nint m = n + missing;")
    try:
        NotebookClient(nb).execute()
        raise AssertionError("no error")
    except CellExecutionError as e:
        assert "CS0103" in str(e) and "(2,13)" in str(e).replace(" ", ""), str(e)


def wrong_magic():
    nb = notebook("#!model ../data/otello")
    try:
        NotebookClient(nb).execute()
        raise AssertionError("no error")
    except CellExecutionError as e:
        assert "otello" in str(e) and "   at " not in str(e), str(e)


def allow_errors():
    nb = notebook("int before = 1;", 'throw new InvalidOperationException("broken on purpose");', "before + 1")
    NotebookClient(nb, allow_errors=True).execute()
    assert error(nb.cells[1]).ename == "System.InvalidOperationException"
    assert result(nb.cells[2]) == "2"
    nbformat.validate(nb)


def tagged():
    """A cell whose tag says that it may raise does not stop the notebook."""
    nb = notebook('throw new InvalidOperationException("expected");', "1 + 1")
    nb.cells[0].metadata["tags"] = ["raises-exception"]
    NotebookClient(nb).execute()
    assert result(nb.cells[1]) == "2"


SCENARIOS = [await_timeout, spin_timeout, hard_timeout, raising, wrong_code, wrong_magic, allow_errors, tagged]

if __name__ == "__main__":
    {scenario.__name__: scenario for scenario in SCENARIOS}[sys.argv[1]]()
    print("passed")
