"""The public functions of `dfr`, which the verbs of the command line call too; `import dfr` offers them all.

`planning` loads, plans, checks and compiles; `simulation` simulates; `prediction` predicts sorties and
studies landings; `vehicles` uploads and flies. Each is imported when one of its functions is first asked for.
"""
