"""The folder that a failed test leaves its flight in."""

from __future__ import annotations

import pytest

from firmware_sitl.artifacts import folder_name


@pytest.mark.parametrize("signs", ["x" * 400, "é" * 300, "a" * 149 + "/" + "b" * 300])
def test_a_long_name_of_a_test_is_one_that_a_folder_may_have(tmp_path, signs):
    names = {folder_name(f"tests/test_a.py::test_b[{signs}{end}]") for end in "12"}
    assert len(names) == 2
    for name in names:
        (tmp_path / name).mkdir()


def test_tests_whose_names_differ_in_signs_alone_do_not_share_a_folder():
    tests = [f"test_a.py::test_b[{words}]" for words in ("a b", "a_b", "a+b", "a?b", "a  b")]
    assert len({folder_name(test) for test in tests}) == len(tests)
    assert folder_name(tests[1]) == "test_a.py_test_b_a_b"
