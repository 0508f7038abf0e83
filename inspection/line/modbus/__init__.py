"""The door for Modbus TCP."""
