"""The pages of docs/reference that are written from the program itself.

Each page has a module, and each module one function that returns the page's text. Nothing in them is kept twice: what a
key means stands below the key in its model, what a command does in its help, what a route answers in its description.
"""
