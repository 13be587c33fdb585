from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.core.components import ComponentState
from chatapp.services.components import ComponentService, ComponentView
from chatapp.storage import component_install, components
from chatapp.storage.paths import Paths
from chatapp.ui.language import Language
from chatapp.ui.widgets.component_card import ComponentCard
from chatapp.ui.widgets.error_card import ErrorCard
from tests.fake_component import TINY, TinyStore, offer_wheel

LONG = 200_000


@pytest.fixture
def store(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyStore:
    offer_wheel(tmp_path, monkeypatch)
    return TinyStore(paths)


@pytest.fixture
def service(qapp: QApplication, store: TinyStore) -> Iterator[ComponentService]:
    service = ComponentService(store, TINY)
    yield service
    service.close()


@pytest.fixture
def card(service: ComponentService, qtbot: QtBot) -> ComponentCard:
    card = ComponentCard(service)
    qtbot.addWidget(card)
    assert card.isHidden()
    service.refresh()
    qtbot.waitUntil(card.isVisible, timeout=LONG)
    return card


def settled(service: ComponentService, qtbot: QtBot, state: ComponentState) -> None:
    def is_so() -> bool:
        view = service.view
        is_idle = view.progress is None and not view.is_removing
        return is_idle and view.status is not None and view.status.state is state

    qtbot.waitUntil(is_so, timeout=LONG)


def buttons(card: ComponentCard) -> list[str]:
    return [button.text() for button in (card.install, card.cancel, card.remove) if button.isVisible()]


def test_install_and_remove_from_the_card(service: ComponentService, card: ComponentCard, qtbot: QtBot) -> None:
    assert buttons(card) == ["Install"]
    assert "tinypart 1.0" in card._packages.text()
    seen: list[ComponentView] = []
    service.changed.connect(seen.append)
    card.install.click()
    qtbot.waitUntil(lambda: service.view.progress is not None, timeout=LONG)
    assert buttons(card) == ["Cancel"]
    assert card._progress.isVisible()
    assert not service.view.is_usable
    settled(service, qtbot, ComponentState.INSTALLED)
    assert service.view.is_usable
    assert len(seen) > 4
    assert buttons(card) == ["Remove"]
    assert card._state.text() == "Installed"
    card.remove.click()
    assert buttons(card) == []
    settled(service, qtbot, ComponentState.MISSING)
    assert buttons(card) == ["Install"]


def test_cancel_leaves_nothing_and_is_no_error(
    service: ComponentService, store: TinyStore, card: ComponentCard, qtbot: QtBot
) -> None:
    card.install.click()
    qtbot.waitUntil(lambda: service.view.progress is not None, timeout=LONG)
    card.cancel.click()
    settled(service, qtbot, ComponentState.MISSING)
    assert buttons(card) == ["Install"]
    assert card.findChildren(ErrorCard) == []
    assert not store.folder(TINY).exists()


def test_a_failure_is_a_card_with_retry(
    service: ComponentService, store: TinyStore, card: ComponentCard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as small_disk:
        small_disk.setattr(component_install, "_MARGIN_BYTES", 10**18)
        card.install.click()
        qtbot.waitUntil(lambda: service.view.problem is not None, timeout=LONG)
    (problem,) = card.findChildren(ErrorCard)
    assert "The component needs" in problem._title.text()
    assert buttons(card) == []
    problem._retry.click()
    qtbot.waitUntil(lambda: service.view.progress is not None, timeout=LONG)
    qtbot.waitUntil(lambda: card.findChildren(ErrorCard) == [], timeout=LONG)
    card.cancel.click()
    settled(service, qtbot, ComponentState.MISSING)


def test_the_window_closes_in_the_middle_and_the_next_finds_nothing(
    service: ComponentService, store: TinyStore, card: ComponentCard, qtbot: QtBot
) -> None:
    card.install.click()
    qtbot.waitUntil(lambda: service.view.progress is not None, timeout=LONG)
    service.close()
    assert not store.folder(TINY).exists()


def test_what_a_killed_process_left_is_removed_when_looked_at(
    qapp: QApplication, store: TinyStore, service: ComponentService, qtbot: QtBot
) -> None:
    (store.folder(TINY) / "lib").mkdir(parents=True)
    service.refresh()
    settled(service, qtbot, ComponentState.MISSING)
    assert not store.folder(TINY).exists()


def test_where_all_is_there_from_the_start_there_is_nothing_to_show(
    service: ComponentService, card: ComponentCard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "find_spec", lambda name: name)
    service.refresh()
    settled(service, qtbot, ComponentState.INCLUDED)
    assert card.isHidden()
    assert service.view.is_usable


def test_both_languages(card: ComponentCard, qapp: QApplication) -> None:
    language = Language(qapp)
    try:
        language.use("zh_CN")
        qapp.processEvents()
        assert card.install.text() == "安装"
        assert "PyTorch" in card._purpose.text()
        assert "微调" in card._purpose.text()
        assert card.accessibleName() == "训练组件: 未安装"
    finally:
        language.use("en")
