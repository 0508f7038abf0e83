"""The book of pages, in the order of the navigation: what is served, and what tests try for authorisation."""

from inspection.pages import (
    alarms_page,
    archive_page,
    audit_page,
    decision_page,
    line_page,
    models_page,
    people_page,
    recipes_page,
    review_keys_page,
    review_page,
    rolls_page,
    statistics_page,
)
from inspection.pages.page import Page

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
    people_page.PAGE,
    audit_page.PAGE,
    *decision_page.PAGES,
)
