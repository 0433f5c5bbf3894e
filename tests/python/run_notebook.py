"""Runs a notebook from its first cell to its last, in the folder it is told, and prints what the cells print.

    python3 run_notebook.py NOTEBOOK FOLDER

Needs nbclient and ipykernel. A cell that raises ends it with the cell's own message.
"""

import sys

import nbclient
import nbformat

path, folder = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
nbformat.validate(notebook)
nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        print(output.get("text") or output.get("data", {}).get("text/plain", ""))
