"""What one script of the pages takes from another is there: a browser shows a page without it as empty."""

import re

from dfr.web.assets import static_files

OURS = re.compile(r"""import\s*\{([^}]*)\}\s*from\s*["']\./([\w.-]+)["']""")
EXPORTED = re.compile(r"^export\s+(?:async\s+)?(?:function|const|let|class)\s+([\w$]+)", re.MULTILINE)


def test_every_name_that_a_script_imports_is_exported():
    scripts = {name: data.decode() for name, data in static_files().items() if name.endswith(".js")}
    missing = [
        f"{script}: {name} of {other}"
        for script, text in scripts.items()
        for names, other in OURS.findall(text)
        for name in (part.split(" as ")[0].strip() for part in names.split(","))
        if name and name not in EXPORTED.findall(scripts[other])
    ]
    assert missing == []
