"""The load laboratory: puts a national load on running services, and checks every answer under it."""
