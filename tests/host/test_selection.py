"""Which plugins are loaded, and in which order, is decided before any of them is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from genesis.contracts.plugins import PluginState
from genesis.errors import UsageError
from genesis.host.discovery import Candidate
from genesis.host.selection import Selection, select
from hypothesis import given
from hypothesis import strategies as st

from tests.host.installing import Site

VERSION = "0.1.0"
KERNEL = "genesis-kernel>=0.1,<0.2"


def candidate(plugin: str, *requires: str, distribution: str = "") -> Candidate:
    return Candidate(
        id=plugin,
        value=f"{plugin}:Plugin",
        distribution=distribution or f"genesis-{plugin}",
        version="1.0",
        requires=(KERNEL, *requires),
    )


def chosen_ids(selection: Selection) -> list[str]:
    return [found.id for found in selection.load]


def test_plugins_are_loaded_by_id_when_nothing_else_is_said() -> None:
    found = select([candidate("bb"), candidate("cc"), candidate("aa")], kernel_version=VERSION)
    assert chosen_ids(found) == ["aa", "bb", "cc"] == sorted(chosen_ids(found))
    assert found.excluded == ()


def test_the_users_order_comes_first_and_a_required_plugin_before_it() -> None:
    plugins = [candidate("aa"), candidate("bb", "genesis-cc"), candidate("cc"), candidate("dd")]
    found = select(plugins, kernel_version=VERSION, order=["dd", "unknown", "bb", "dd"])
    assert chosen_ids(found) == ["dd", "cc", "bb", "aa"]


def test_plugins_that_require_each_other_are_both_loaded() -> None:
    plugins = [candidate("aa", "genesis-bb"), candidate("bb", "genesis-aa")]
    assert sorted(chosen_ids(select(plugins, kernel_version=VERSION))) == ["aa", "bb"]


def test_what_requires_an_absent_plugin_along_a_chain_is_out_with_the_reason() -> None:
    plugins = [candidate("aa", "genesis-bb"), candidate("bb", "genesis-cc"), candidate("cc")]
    found = select(plugins, kernel_version=VERSION, disabled=["cc"])
    assert chosen_ids(found) == []
    assert [status.reason for status in found.excluded] == [
        "requires the plugin 'bb', which is disabled",
        "requires the plugin 'cc', which is disabled",
        "disabled; `genesis plugins enable cc` enables it",
    ]


def test_a_requirement_for_an_extra_or_another_platform_does_not_count() -> None:
    lines = (
        "genesis-bb; extra == 'all'",
        "genesis-bb; sys_platform == 'none'",
        "not a requirement",
    )
    found = select(
        [candidate("aa", *lines), candidate("bb")], kernel_version=VERSION, disabled=["bb"]
    )
    assert chosen_ids(found) == ["aa"]


def test_requiring_a_distribution_means_every_plugin_of_it() -> None:
    both = [candidate("xx", distribution="pair"), candidate("yy", distribution="pair")]
    user = candidate("aa", "pair")
    assert chosen_ids(select([user, *both], kernel_version=VERSION)) == ["xx", "yy", "aa"]
    for one in ("xx", "yy"):
        found = select([user, *both], kernel_version=VERSION, disabled=[one])
        assert "aa" not in chosen_ids(found)


def test_names_of_distributions_are_compared_as_pip_does() -> None:
    plugins = [candidate("aa", "Genesis_BB"), candidate("bb")]
    assert chosen_ids(select(plugins, kernel_version=VERSION)) == ["bb", "aa"]


def test_choosing_a_plugin_that_is_not_installed_names_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"'zz' is not installed. Installed are: aa, bb\."):
        select([candidate("bb"), candidate("aa")], kernel_version=VERSION, chosen=["aa", "zz"])
    with pytest.raises(UsageError, match="Installed are: none"):
        select([], kernel_version=VERSION, chosen=["zz"])


def test_a_disabled_plugin_is_disabled_whatever_else_is_wrong_with_it() -> None:
    wrong = [replace(candidate("Bad-Id"), requires=()), candidate("aa"), candidate("aa", "xx")]
    found = select(wrong, kernel_version=VERSION, disabled=["Bad-Id", "aa"])
    assert {status.state for status in found.excluded} == {PluginState.DISABLED}


@pytest.mark.parametrize(
    ("requirement", "fits"),
    [
        ("genesis-kernel>=0.1,<0.2", True),
        ("genesis_kernel==0.1.0", True),
        ("genesis-kernel", True),
        ("genesis-kernel<0.1", False),
        ("genesis-kernel~=1.0", False),
    ],
)
def test_the_kernels_version_must_be_one_that_the_plugin_was_made_for(
    requirement: str, *, fits: bool
) -> None:
    found = select([replace(candidate("aa"), requires=(requirement,))], kernel_version=VERSION)
    assert chosen_ids(found) == (["aa"] if fits else [])


def test_entry_points_of_an_interrupted_uninstall_are_shown_and_not_loaded(site: Site) -> None:
    site.install("left", "raise RuntimeError")
    (info,) = Path(site.folder).glob("*.dist-info")
    (info / "METADATA").unlink()
    found = select(site.candidates(), kernel_version=VERSION)
    assert chosen_ids(found) == []
    assert found.excluded[0].state == "incompatible"


IDS = ["a1", "b1", "c1", "d1", "e1", "Bad"]


@st.composite
def installations(draw: st.DrawFn) -> list[Candidate]:
    """Some plugins of which later ones may require earlier ones; ids and kernels may be wrong."""
    found: list[Candidate] = []
    for number in range(draw(st.integers(0, 6))):
        # Two neighbours share a distribution; one that requires itself is allowed.
        earlier = sorted({other.distribution for other in found})
        needed = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        kernel = draw(st.sampled_from([KERNEL, KERNEL, KERNEL, "genesis-kernel>=99", "other"]))
        plugin = draw(st.sampled_from(IDS))
        made = candidate(plugin, *needed, distribution=f"dist-{number // 2}")
        found.append(replace(made, requires=(kernel, *made.requires[1:]), value=f"m{number}:P"))
    return found


settings = st.fixed_dictionaries(
    {
        "disabled": st.lists(st.sampled_from(IDS), max_size=2),
        "order": st.lists(st.sampled_from(IDS), max_size=4),
    }
)


def decide(
    plugins: Sequence[Candidate], said: dict[str, list[str]], chosen: Sequence[str] | None
) -> Selection:
    return select(plugins, kernel_version=VERSION, chosen=chosen, **said)  # type: ignore[arg-type]


@given(installations(), settings, st.randoms(use_true_random=False), st.booleans())
def test_every_plugin_is_loaded_or_excluded_with_a_reason_whatever_the_order_of_finding(
    plugins: list[Candidate], said: dict[str, list[str]], random: object, some: bool
) -> None:
    ids = {found.id for found in plugins}
    chosen = sorted(ids)[::2] if some else None
    first = decide(plugins, said, chosen)
    shuffled = list(plugins)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(shuffled, said, chosen) == first
    loaded, excluded = set(chosen_ids(first)), {status.id for status in first.excluded}
    assert loaded | excluded == ids
    assert not loaded & excluded
    assert len(chosen_ids(first)) == len(loaded)
    assert all(status.reason for status in first.excluded)
    assert not loaded & {*said["disabled"], "Bad"}
    assert chosen is None or loaded <= set(chosen)


@given(installations(), settings)
def test_a_plugin_comes_after_all_that_it_requires(
    plugins: list[Candidate], said: dict[str, list[str]]
) -> None:
    distinct = list({found.id: found for found in plugins}.values())
    found = decide(distinct, said, None)
    position = {plugin.id: index for index, plugin in enumerate(found.load)}
    for plugin in found.load:
        for other in distinct:
            if other.distribution in plugin.requires and other.distribution != plugin.distribution:
                assert other.id in position
                assert position[other.id] < position[plugin.id]
