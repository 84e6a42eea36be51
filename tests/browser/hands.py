"""Two ways to use a page by the same verbs, by mouse or by keyboard alone: both walk a path written once."""

from __future__ import annotations

from .pages import PLAN_S, until

COUNTS_POINTERS = """
const count = () => sessionStorage.setItem("pointers", Number(sessionStorage.getItem("pointers")) + 1);
for (const type of ["pointerdown", "pointermove", "mousedown", "mousemove", "touchstart", "wheel"])
  addEventListener(type, count, true);
"""
MOST_TABS = 400
FINE_PX = 10


def by_name(where, name, *, role="button"):
    return where.get_by_role(role, name=name, exact=True)


class Mouse:
    """Clicks, and types where something is to be typed."""

    def __init__(self, page):
        self.page = page

    def press(self, found):
        found.click()

    def fill(self, found, text):
        found.fill(text)

    def select(self, found, value):
        found.select_option(value)

    def check(self, found):
        found.check()

    def answer(self, found, text):
        """A field of a form, whatever it is."""
        chosen = found.evaluate("e => e.tagName === 'SELECT'")
        (self.select if chosen else self.fill)(found, text)

    def give(self, button, path):
        """A file by the button that asks for one."""
        with self.page.expect_file_chooser() as chooser:
            self.press(button)
        chooser.value.set_files(str(path))

    def draw(self, kind, places):
        """Places on the map, in pixels east and south of its middle, and the form that follows."""
        self.select(self.page.locator("#draw-kind"), kind)
        self.press(self.page.locator("#draw"))
        box = self.page.locator(".cross").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for number, (east, south) in enumerate(places, start=1):
            self.page.mouse.click(x + east, y + south)
            self._set(number)
        if len(places) > 1:
            self.press(self.page.locator("#pen-finish"))

    def _set(self, number):
        words = "document.getElementById('pen-words').textContent.includes(`${n} `)"
        until(self.page, f"n => {words} || document.getElementById('pen').hidden", arg=number)


class Keyboard(Mouse):
    """Tab, Enter, Space, arrows and typing. What cannot be reached so is not reached."""

    def press(self, found):
        self._go_to(found)
        self.page.keyboard.press("Enter")

    def fill(self, found, text):
        self._go_to(found)
        if found.get_attribute("type") in ("date", "datetime-local"):
            self._type_date(found, text)
        else:
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)

    def select(self, found, value):
        self._go_to(found)
        values = found.evaluate("e => [...e.options].map((option) => option.value)")
        self.page.keyboard.press("Home")
        for _ in range(values.index(value)):
            self.page.keyboard.press("ArrowDown")
        assert found.input_value() == value

    def check(self, found):
        """A box by Space; a choice of several by Tab and the arrows."""
        if found.get_attribute("type") == "checkbox":
            self._go_to(found)
            self.page.keyboard.press("Space")
            return
        self._go_to(found, same="e => e.name && document.activeElement.name === e.name")
        for _ in range(8):
            if found.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")
        assert found.is_checked()

    def draw(self, kind, places):
        self.select(self.page.locator("#draw-kind"), kind)
        self.press(self.page.locator("#draw"))
        until(self.page, "document.activeElement === window.dfrMap.getCanvas()")
        at = (0, 0)
        for number, place in enumerate(places, start=1):
            for axis, keys in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
                steps = (place[axis] - at[axis]) // FINE_PX
                for _ in range(abs(steps)):
                    self.page.keyboard.press(f"Control+{keys[steps > 0]}")
            at = place
            self.page.keyboard.press("Enter")
            self._set(number)
        if len(places) > 1:
            self.page.keyboard.press("f")

    def _go_to(self, found, same="e => document.activeElement === e"):
        """Tab until it has the focus, or Shift+Tab where it comes before what has it."""
        found.wait_for(timeout=PLAN_S)
        before = "e => Boolean(document.activeElement.compareDocumentPosition(e) & 2)"
        key = "Shift+Tab" if found.evaluate(before) else "Tab"
        for _ in range(MOST_TABS):
            if found.evaluate(same):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"not reached by {MOST_TABS} presses of Tab: {found}")

    def _type_date(self, found, text):
        """The browser's own field, whose order of keys follows the language of the browser."""
        year, month, day = text[:10].split("-")
        clocks = ("",) if len(text) == 10 else _clock_keys(int(text[11:13]), text[14:16])
        for order in (month + day, day + month):
            for clock in clocks:
                self._go_to_first_part(found)
                self.page.keyboard.type(order + year)
                if clock:
                    self.page.keyboard.press("ArrowRight")
                    self.page.keyboard.type(clock)
                if found.input_value() == text:
                    return
        raise AssertionError(f"{text} could not be typed: {found.input_value()}")

    def _go_to_first_part(self, found):
        """Tab into a field of several parts from before it, whatever part of it has the focus."""
        self._go_to(found)
        while found.evaluate("e => document.activeElement === e"):
            self.page.keyboard.press("Shift+Tab")
        self.page.keyboard.press("Tab")


def _clock_keys(hour, minute):
    """A time of day as a clock of twelve hours and one of 24 take it."""
    return f"{hour % 12 or 12:02d}{minute}{'PM' if hour >= 12 else 'AM'}", f"{hour:02d}{minute}"
