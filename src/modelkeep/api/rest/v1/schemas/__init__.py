"""Wire formats of REST v1. They may repeat the domain; they may not extend it."""
