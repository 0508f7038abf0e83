"""The pages: what operators, QA, engineers and admins see in the browser. A process of their own beside the station,
at a lower priority; the only home of NiceGUI.

They read the store and the frame archive directly, and ask the station's `/v1` API for what is live. A page that is
slow or dead never touches the line; pages without a station show what is stored, and say that nothing is live.

How a page is added: docs/how-to/add-a-page.md.
"""
