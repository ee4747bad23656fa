"""A headless Chromium that looks at the page of a poller."""

import os

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

WIDE = (1280, 900)
NARROW = (360, 740)


class Browser:
    """One tab; what went wrong in it is kept until problems() is asked."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--lang=en-GB",
                         "--disable-background-networking", "--no-first-run", "--hide-scrollbars"):
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(120)
        self.driver.set_script_timeout(120)
        self.size(*WIDE)

    def close(self):
        self.driver.quit()

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name):
        """light or dark, as the system of the reader has it."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def open(self, url):
        """The page anew, without what the tab remembers, until it has drawn all of itself."""
        self.driver.get("about:blank")
        self.driver.get(url)
        self.settled()

    def follow(self, fragment):
        """Another view of the page that is open."""
        self.driver.execute_script("location.hash = arguments[0]", fragment)
        self.settled()

    def settled(self):
        """Until nothing is being loaded any more and charts are drawn."""
        self.wait(lambda: self.run("""
            const content = document.getElementById('content');
            return content && content.dataset.shows === location.hash && !document.querySelector('[aria-busy=true]')
                && [...document.querySelectorAll('.chart')].every((chart) => chart.children.length > 0)
                || document.querySelector('dialog[open]') !== null"""), "the page to be drawn")

    def wait(self, condition, what, seconds=60):
        waiting = WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException])
        return waiting.until(lambda _: condition(), f"waited for {what}")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        found = self.all(selector)
        assert len(found) == 1, f"{selector} is there {len(found)} times"
        return found[0]

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((found) => found.innerText)", selector)

    def section(self, title):
        """The text of the section with this heading; it is there once."""
        found = [s for s in self.all("main section") if s.find_element(By.TAG_NAME, "h2").text.startswith(title)]
        assert len(found) == 1, f"{title}: {[s.text[:40] for s in self.all('main section')]}"
        return found[0]

    def rows(self, title):
        """The body of the (first) table of a section, as texts."""
        return self.run("""return [...arguments[0].querySelector('tbody').rows].filter((row) => !row.hidden)
            .map((row) => [...row.cells].map((cell) => cell.textContent))""", self.section(title))

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def focused(self):
        return self.driver.switch_to.active_element

    def problems(self):
        """What the console says of errors since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


__all__ = ["Browser", "Keys", "NARROW", "WIDE"]
