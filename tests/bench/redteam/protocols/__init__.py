"""What clients of both kinds speak: connections for asyncio, HTTP/1.1, HTTP/2, WebSocket."""
