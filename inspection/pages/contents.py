"""The book of pages, in the order of the navigation: what is served, and what tests try for authorisation."""

from inspection.pages.alarms import alarms_page
from inspection.pages.archive import archive_page, decision_page
from inspection.pages.doors import doors_page
from inspection.pages.frame.page import Page
from inspection.pages.line import line_page
from inspection.pages.recipes import recipes_page
from inspection.pages.review import review_keys_page, review_page
from inspection.pages.rolls import rolls_page
from inspection.pages.settings import audit_page, models_page, people_page
from inspection.pages.statistics import statistics_page

CONTENTS: tuple[Page, ...] = (
    line_page.PAGE,
    alarms_page.PAGE,
    review_page.PAGE,
    review_keys_page.PAGE,
    rolls_page.PAGE,
    statistics_page.PAGE,
    archive_page.PAGE,
    recipes_page.PAGE,
    models_page.PAGE,
    doors_page.PAGE,
    people_page.PAGE,
    audit_page.PAGE,
    *decision_page.PAGES,
)
