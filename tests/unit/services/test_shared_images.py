"""Repositories of the operator."""

from codeb.services.images import ImageRules


def test_a_repository_that_the_operator_lists_is_everybodys_and_no_other_that_begins_alike() -> None:
    rules = ImageRules("registry.test:5000", ("registry.test:5000/base",))
    assert rules.shared("registry.test:5000/base")
    assert rules.shared("registry.test:5000/base/node")
    assert not rules.shared("registry.test:5000/base-evil")
