"""The app in a real browser: load, change, see the curve change, fit, cancel, look at atoms; nothing from elsewhere."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from epitropy.study import read_study

from .conftest import EXAMPLE, OWN, Watched


def last_capacity(page, cell="coated"):
    return float(page.inner_text(f"#view table tbody tr:has(th:text-is('{cell}')) td:nth-child(3)"))


def curve(page):
    """The lines as the browser has drawn them."""
    lines = page.eval_on_selector_all("#fade path.js-line", "all => all.map(line => line.getAttribute('d'))")
    assert len(lines) >= 2 and all(lines)
    return lines


def set_number(page, name, value):
    box = f"[data-name='{name}'] input.number"
    page.fill(box, value)
    page.press(box, "Enter")


def test_a_changed_recipe_changes_the_fade_curve(watched):
    page = watched.open("cell")
    before, drawn = last_capacity(page), curve(page)
    watched.again(lambda: set_number(page, "coating.dose", "3"))
    assert last_capacity(page) != before
    assert curve(page) != drawn


def test_a_higher_cut_off_is_no_new_calibration(watched):
    page = watched.open("cell")
    before = last_capacity(page, "bare")
    watched.again(lambda: set_number(page, "protocol.upper_voltage", "4.6"))
    page.wait_for_selector("#view:has-text('Cycled by another protocol')")
    assert last_capacity(page, "bare") != before
    assert "reported" not in page.inner_text("#fade")
    page.click("#reset")
    page.wait_for_selector("#fade text:has-text('bare, reported')")
    assert last_capacity(page, "bare") == before


def test_edits_survive_a_reload_and_a_reset_takes_them_back(watched):
    page = watched.open("recipe")
    watched.again(lambda: set_number(page, "coating.dose", "3"))
    page.reload()
    page.wait_for_selector("#view:has-text('2.4000 g')")
    assert "(edited)" in page.inner_text("#title")
    assert page.input_value("#studies") == "zhao2024"
    page.click("#reset")
    page.wait_for_selector("#view:has-text('0.8000 g')")
    page.wait_for_selector("#reset:disabled")


def test_what_is_set_by_hand_is_graded_assumed(watched):
    page = watched.open("recipe")
    grade = "[data-name='anneal.temperature'] .grade"
    assert page.inner_text(grade) == "measured"
    watched.again(lambda: set_number(page, "anneal.temperature", "760"))
    page.wait_for_selector(f"{grade}:text-is('assumed')")


def test_small_numbers_are_shown_as_they_are(watched):
    page = watched.open("recipe")
    assert page.input_value("[data-name='anneal.diffusivity_host.Ni'] input.number") == "1.41e-15"
    assert page.input_value("[data-name='layer.lithium_conductivity'] input.number") == "1.7e-7"


def test_a_default_that_is_changed_keeps_its_spread(watched):
    page = watched.open("recipe")
    watched.again(lambda: set_number(page, "coating.dose", "2"))
    page.wait_for_selector("[data-name='coating.dose'] .says:has-text('0.927 to 4.31')")


def test_a_slider_moves_the_curve_while_it_is_held(watched):
    page = watched.open("cell")
    before = curve(page)
    slider = page.locator("[data-name='anneal.time'] input[type=range]")
    slider.focus()
    watched.again(lambda: page.keyboard.press("PageUp"))
    assert curve(page) != before
    assert float(page.input_value("[data-name='anneal.time'] input.number")) != 5


def test_shares_of_the_recipe_keep_their_sum(watched):
    page = watched.open("recipe")
    watched.again(lambda: set_number(page, "coated.coating.precursors.ZrO2", "50"))
    assert page.input_value("[data-name='coated.coating.precursors.Nb12WO33'] input.number") == "50"
    assert "0.5000 g" in page.inner_text("#view")
    with page.expect_download() as download:
        page.click("#save")
    import yaml

    study = read_study(yaml.safe_load(Path(download.value.path()).read_text()))
    assert study.cells["coated"].coating.precursors["ZrO2"].value == pytest.approx(0.5, rel=1e-9)


def test_a_number_that_is_none_is_marked_and_changes_nothing(watched):
    page = watched.open("recipe")
    set_number(page, "coating.dose", "much")
    page.wait_for_selector("[data-name='coating.dose'].bad")
    assert "'much' is no number" in page.inner_text("#status")
    page.wait_for_timeout(500)  # what it might have changed would stand there by now
    assert "0.8000 g" in page.inner_text("#view")


def test_what_cannot_be_is_told_and_the_page_goes_on(server, browser):
    found = Watched(browser, server[0])
    page = found.open("recipe")
    set_number(page, "anneal.temperature", "9000")
    page.wait_for_selector("#status.fault:has-text('anneal.temperature')")
    page.wait_for_selector("#view.stale")  # what still stands there is of another study
    found.again(lambda: set_number(page, "anneal.temperature", "700"))
    assert page.inner_text("#status") == "" and not page.query_selector("#view.stale")
    assert all("422" in fault for fault in found.faults) and found.foreign == []  # the browser notes each refusal
    found.context.close()


def test_the_atoms_of_a_match_are_seen(watched, tmp_path):
    page = watched.open("interface")
    page.wait_for_selector("#model[data-atoms] canvas")
    page.wait_for_timeout(500)
    image = tmp_path / "model.png"
    page.locator("#model").screenshot(path=image)
    assert len(_colours(image)) > 20  # a blank canvas has one
    assert "rock salt layer" in page.inner_text("tr.pick[aria-selected=true]")  # the study's own, not the first
    page.click("tr.pick:nth-child(3)")
    page.wait_for_selector("tr.pick:nth-child(3)[aria-selected=true]")
    page.keyboard.press("Shift+Tab")  # the keyboard goes on from there
    page.keyboard.press("Enter")
    page.wait_for_selector("tr.pick:nth-child(2)[aria-selected=true]:focus")
    page.wait_for_selector("#view :text('smallest common cell')")


def test_every_view_is_reached_by_keyboard_alone(watched):
    page = watched.open("recipe")
    page.focus("#tab-recipe")
    for tab in ("layer", "interface", "cell", "figure", "data", "sweeps", "sources", "recipe"):
        page.keyboard.press("ArrowRight")
        watched.wait(tab) if tab != "data" else page.wait_for_selector("#cells")
        assert page.get_attribute(f"#tab-{tab}", "aria-selected") == "true"


def test_the_anneal_is_followed_in_time(watched):
    page = watched.open("layer")
    whole = page.inner_text("#view dl")
    page.focus("#share")
    watched.again(lambda: page.keyboard.press("Home"))
    assert "0 %" in page.inner_text("#view .tools") and page.inner_text("#view dl") != whole


def test_both_potentials_are_told_at_the_end_of_the_anneal(watched):
    page = watched.open("layer")
    page.wait_for_selector("#verdict:has-text('7net-0'):has-text('chgnet'):has-text('differ by')", timeout=60_000)
    page.focus("#share")
    watched.again(lambda: page.keyboard.press("Home"))
    page.wait_for_selector("#verdict:has-text('at the end of the anneal')")


TWO = """\
name: two
cells:
  bare: {coating: none, anneal: none}
  thin: {coating: {dose: 0.5 wt%}}
  thick: {coating: {dose: 3 wt%}}
"""


def test_the_cell_that_is_chosen_is_shown_in_every_view(watched, tmp_path):
    page = watched.open("recipe")
    assert not page.query_selector("#of-cell")  # one coated cell alone
    path = tmp_path / "two.yaml"
    path.write_text(TWO)
    watched.again(lambda: page.set_input_files("#file", str(path)))
    assert "2.400 g" in page.inner_text("#view") or "2.4000 g" in page.inner_text("#view")
    watched.again(lambda: page.select_option("#of-cell", "thin"))
    assert "0.4000 g" in page.inner_text("#view")
    for tab in ("layer", "interface", "figure"):
        page.click(f"#tab-{tab}")
        watched.wait(tab)
        assert page.input_value("#of-cell") == "thin"
        assert "thin" in page.inner_text("#command")


def test_the_address_leads_to_a_view(watched):
    page = watched.open("recipe")
    page.evaluate("() => { location.hash = 'layer'; }")
    watched.wait("layer")
    page.go_back()
    watched.wait("recipe")


def test_figure_1_is_shown_and_its_cations_move_with_the_anneal(watched, tmp_path):
    page = watched.open("figure")
    page.wait_for_selector("#figure1", timeout=60_000)
    image = tmp_path / "figure.png"
    page.wait_for_timeout(500)
    page.locator("#figure1").screenshot(path=image)
    assert len(_colours(image)) > 50
    dots = "all => all.map(dot => dot.getAttribute('transform')).join()"
    before = page.eval_on_selector_all("#heated .points path", dots)
    page.focus("#time")
    watched.again(lambda: page.keyboard.press("End"))
    assert before and page.eval_on_selector_all("#heated .points path", dots) != before


def test_a_file_is_confirmed_fitted_and_its_page_opens(watched):
    page = watched.open("data")
    page.set_input_files("#cells", str(EXAMPLE))
    page.wait_for_selector("#quick")
    page.click("#quick")
    page.wait_for_selector(".job[data-kind=fit][data-state=done]", timeout=180_000)
    with watched.context.expect_page() as opened:
        page.click(".job[data-kind=fit] a:has-text('fit.html')")
    opened.value.wait_for_selector("h1")
    assert "fitted to your cells" in opened.value.inner_text("h1")


def test_a_file_that_is_not_read_is_told(server, browser, tmp_path):
    found = Watched(browser, server[0])
    path = tmp_path / "cells.xlsx"
    path.write_bytes(b"PK")
    page = found.open("data")
    page.set_input_files("#cells", str(path))
    page.wait_for_selector("#status.fault:has-text('cells.xlsx')")
    assert all("415" in fault for fault in found.faults) and found.foreign == []
    found.context.close()


def test_what_is_typed_while_the_page_is_drawn_anew_counts(watched):
    page = watched.open("data")
    page.set_input_files("#cells", str(EXAMPLE))
    page.wait_for_selector("#file-mass")
    held = []
    page.route("**/api/preview", lambda route: held.append(route))
    page.focus("#file-mass")
    page.keyboard.type("12 mg")
    page.keyboard.press("Tab")
    page.keyboard.type("1.13 cm2")  # the answer to the mass is still on its way
    watched.again(lambda: [route.continue_() for route in held])
    page.unroute("**/api/preview")
    assert page.input_value("#file-area") == "1.13 cm2" and "--area" not in page.inner_text("#command")
    page.keyboard.press("Tab")
    page.wait_for_selector("#command:has-text('--area=')")


def test_columns_of_an_export_are_confirmed_by_hand(watched, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "Cycle Index,Discharge Capacity (mAh/g)\n" + "".join(f"{n},{190 - 0.2 * n}\n" for n in range(1, 31))
    )
    page = watched.open("data")
    page.set_input_files("#cells", str(path))
    page.wait_for_selector("#confirm")
    assert not page.query_selector("#quick")
    page.click("#confirm")
    page.wait_for_selector("#quick")
    page.focus("#file-mass")  # what is typed into the next field stays while the first is read
    page.keyboard.type("12 mg")
    page.keyboard.press("Tab")
    page.keyboard.type("1.13 cm2")
    page.wait_for_selector("#confirm")  # another answer needs another look
    page.keyboard.press("Tab")
    page.wait_for_timeout(500)
    assert page.input_value("#file-mass") == "12 mg" and page.input_value("#file-area") == "1.13 cm2"
    page.wait_for_selector("#command:has-text('--area=')")  # what was typed while the page was drawn anew counts too
    watched.faults.clear()
    page.fill("#file-mass", "-3 mg")  # what is refused can be mended where it was said
    page.press("#file-mass", "Enter")
    page.wait_for_selector("#view .fault:has-text('positive')")
    page.fill("#file-mass", "12 mg")
    page.press("#file-mass", "Enter")
    page.wait_for_selector("#confirm")
    watched.faults.clear()  # the browser notes the refusal


def test_a_line_scan_is_shown_beside_the_computed_profile(watched, tmp_path):
    path = tmp_path / "scan.csv"
    rows = "".join(f"{d},{70 + d / 4},5,{12 - d / 5}\n" for d in range(0, 40, 2))
    path.write_text("depth_nm,Ni_at_percent,Co_at_percent,Nb_at_percent\n" + rows)
    page = watched.open("data")
    page.set_input_files("#cells", str(path))
    page.wait_for_selector("#holds")
    watched.faults.clear()  # as cycled cells it was refused
    page.select_option("#holds", "scan")
    page.wait_for_selector("#fit-scan")
    page.wait_for_selector("#read path.js-line >> nth=2")
    assert "anneal zhao2024.yaml --cell='coated' --fit-scan 'scan.csv'" in page.inner_text("#command")


def test_bands_and_attribution_of_a_run_stand_beside_the_fade_also_after_a_reload(watched, raw):
    page = watched.open("cell")
    assert "80 % over all scenarios" not in page.inner_text("#fade") and not page.is_visible("#gain")
    body = {"study": raw, "options": {"draws": 8}}
    job = page.request.post(f"{watched.address}/api/jobs/run", headers=OWN, data=body).json()
    page.evaluate("name => sessionStorage.setItem('jobs', JSON.stringify([name]))", job["name"])
    page.reload()
    page.wait_for_selector(".job[data-kind=run][data-state=done]", timeout=300_000)
    page.wait_for_selector("#fade text:has-text('coated, 80 % over all scenarios')")
    page.wait_for_selector("#gain text:has-text('oxygen barrier')")
    with watched.context.expect_page() as opened:
        page.click(".job[data-kind=run] a:has-text('Report')")
    assert 100 < _printed_height(opened.value, ".answer-page") <= A4_INSIDE
    watched.again(lambda: set_number(page, "coating.dose", "3"))  # another study than the one that was run
    page.wait_for_selector("#gain", state="hidden")


def test_long_work_is_cancelled(watched):
    page = watched.open("cell")
    page.click("#ensemble")
    page.wait_for_selector(".job[data-kind=run][data-state=running]")
    page.click(".job[data-kind=run] .cancel")
    page.wait_for_selector(".job[data-kind=run][data-state=cancelled]")


def test_a_study_is_dragged_in(watched):
    page = watched.open("recipe")
    text = "name: dragged\ncoating: {dose: 2 wt%}\n"
    data = page.evaluate_handle(
        """text => { const d = new DataTransfer(); d.items.add(new File([text], 'dragged.yaml')); return d; }""", text
    )
    watched.again(lambda: page.dispatch_event("body", "drop", {"dataTransfer": data}))
    assert page.title().startswith("dragged")
    assert page.input_value("[data-name='coating.dose'] input.number") == "2"


def test_two_tabs_do_not_mix(server, browser):
    one, two = (Watched(browser, server[0]) for _ in range(2))
    pages = [w.open("recipe") for w in (one, two)]
    one.again(lambda: set_number(pages[0], "coating.dose", "4"))
    two.again(lambda: set_number(pages[1], "coating.dose", "0.5"))
    one.again(lambda: set_number(pages[0], "anneal.time", "6"))
    assert "3.2000 g" in pages[0].inner_text("#view") and "0.4000 g" in pages[1].inner_text("#view")
    for found in (one, two):
        assert found.faults == [] and found.foreign == []
        found.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_readable(server, browser, scheme):
    """Text stands out from what lies behind it by at least 4.5 to 1 (WCAG AA)."""
    found = Watched(browser, server[0], color_scheme=scheme)
    page = found.open("sources")
    _readable(
        page, "body", ".soft", ".grade.assumed", ".grade.measured", "#tabs button", "#command code", "header button"
    )
    page.click("#tab-cell")
    found.wait("cell")
    _readable(page, "button.main", "#view table th", "#fade .xtitle", "#fade .xtick text", "#fade .legendtext")
    set_number(page, "anneal.temperature", "9000")
    page.wait_for_selector("#status.fault:not(:empty)")
    _readable(page, "#status.fault")
    width = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]  # nothing runs out of the page at 1280 px
    found.context.close()


def test_a_crash_of_what_computes_is_told_and_the_page_goes_on(server, browser):
    address, process = server
    found = Watched(browser, address)
    page = found.open("recipe")
    for worker in _workers(process.pid):
        os.kill(worker, signal.SIGKILL)
    set_number(page, "coating.dose", "2")
    page.wait_for_selector("#status.fault:has-text('crashed'), #view:has-text('1.6000 g')")  # told, or noticed in time
    found.again(lambda: set_number(page, "coating.dose", "3"))
    assert "2.4000 g" in page.inner_text("#view")
    found.context.close()


A4_INSIDE = (297 - 2 * 16) * 96 / 25.4  # height of an A4 sheet within the report's margins, in CSS pixels


def _printed_height(page, selector):
    """Height of a part of a page when it is printed on A4."""
    page.wait_for_selector(selector)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": round((210 - 2 * 14) * 96 / 25.4), "height": round(A4_INSIDE)})
    return page.eval_on_selector(selector, "node => node.getBoundingClientRect().height")


def _readable(page, *selectors):
    for selector in selectors:
        ink, paper = page.eval_on_selector(selector, BEHIND)
        assert _contrast(ink, paper) >= 4.5, (selector, ink, paper)


# the colour of a text and of the first thing behind it that has one
BEHIND = """node => {
  const own = getComputedStyle(node);
  const clear = ['rgba(0, 0, 0, 0)', 'transparent'];
  let at = node;
  while (at && clear.includes(getComputedStyle(at).backgroundColor)) at = at.parentElement;
  return [node.closest('svg') ? own.fill : own.color, getComputedStyle(at ?? document.body).backgroundColor];
}"""


def _workers(parent):
    """Processes of the pool that computes: spawned children, not the tracker of resources."""
    rows = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    ).stdout
    return [int(row.split()[0]) for row in rows.splitlines() if "spawn_main" in row]


def _colours(path):
    from PIL import Image

    return {colour for _, colour in Image.open(path).convert("RGB").resize((120, 80)).getcolors(9600)}


def _contrast(one, other):
    def light(text):
        parts = [float(p) / 255 for p in text[text.index("(") + 1 : -1].split(",")[:3]]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_page_asks_for_nothing_but_this_machine(watched):
    """The fixture looks at every request; here a whole tour is made for it."""
    page = watched.open("recipe")
    for tab in ("layer", "interface", "cell", "figure", "sweeps", "sources"):
        page.click(f"#tab-{tab}")
        watched.wait(tab)
    assert json.loads(page.evaluate("async () => JSON.stringify(await (await fetch('/api/health')).json())"))["version"]


def test_a_row_of_a_sweep_opens_as_a_study(watched):
    page = watched.open("sweeps")
    assert "broken cannot be read" in page.inner_text("#view")
    assert "Some doses and diameters" in page.inner_text("#view h2")
    page.click("#best button[data-point='2']")
    watched.wait("cell")
    page.wait_for_selector("#title:has-text('Multi-cation')")
    assert page.input_value("[data-name='coating.dose'] input.number") == "2"
    assert page.input_value("#scenario") == "barrier/inactive"
    assert page.locator("#view th:text-is('bare-as-given')").count()  # the article's cell, whose data fix the model
