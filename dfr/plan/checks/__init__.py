"""The rules a plan is held against, one module for each kind; `dfr.plan.compliance` asks them in turn."""
