"""Whatever is broken on the site ends its build, and is told."""

import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
pytest.importorskip("mkdocs", reason="the extra `docs` brings it")

# A page, and a package of which it shows a function, with a mistake of each kind.
PAGE = """\
# Page

[no file](gone.md), [no anchor](#nowhere), [no anchor there](other.md#nowhere),
[no page](../jaxgan/gone.py), `jaxgan/gone.py:name`

::: wrong
"""
MODULE = '''\
def function(x):
    """Do something.

    Args:
      y: is no parameter.
    """
'''
CONFIG = """\
INHERIT: {root}/mkdocs.yml
docs_dir: pages
hooks: ['{root}/docs/hooks/links.py', '{root}/docs/hooks/formulas.py']
nav: [index.md, nowhere.md]
plugins:
  mkdocstrings:
    handlers: {{python: {{paths: [.], options: {{extensions: ['{root}/docs/hooks/members.py']}}}}}}
"""
TOLD = (
    "contains a link 'gone.md', but the target is not found",
    "contains a link '#nowhere', but there is no such anchor",
    "contains a link 'other.md#nowhere', but the doc 'other.md' does not contain an anchor",
    "contains a link '../jaxgan/gone.py', but the target",
    "Could not find cross-reference target 'jaxgan.gone.name'",
    "Parameter 'y' does not appear in the function signature",
    "A reference to 'nowhere.md' is included in the 'nav' configuration, which is not found",
    'exist in the docs directory, but are not included in the "nav" configuration',
)


def test_every_mistake_is_found(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.md").write_text(PAGE)
    (tmp_path / "pages" / "other.md").write_text("# Other\n")
    (tmp_path / "wrong.py").write_text(MODULE)
    (tmp_path / "mkdocs.yml").write_text(CONFIG.format(root=ROOT))
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir=site"]
    ended = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    told = ended.stdout + ended.stderr
    assert [each for each in TOLD if each not in told] == [], told
    assert ended.returncode and f"Aborted with {len(TOLD)} warnings in strict mode" in told


def test_options_stay_whole_paths_break_at_a_slash_and_chinese_is_told():
    hook = runpy.run_path(str(ROOT / "docs" / "hooks" / "typesetting.py"))
    block = "<pre><code>jaxgan list --help a/b</code></pre>"
    shown = hook["on_page_content"](f"<code>train --config=a-b.py c/d</code>{block}", *[None] * 3)
    option = '<span class="option">--config=a-b.py</span>'
    assert shown == f"<code>train {option} c/<wbr>d</code>{block}"
    for name, language in (("zh.md", "zh"), ("course/README.zh.md", "zh"), ("lab.md", "en")):
        page = SimpleNamespace(file=SimpleNamespace(src_uri=name))
        told = hook["on_post_page"]('<html lang="en">', page, None)
        assert told == f'<html lang="{language}">'
