"""The line's door: HTTP with JSON, server-sent events and WebSocket. The only home of FastAPI and uvicorn."""
