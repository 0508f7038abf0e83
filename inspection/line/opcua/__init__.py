"""The door for OPC UA: a server with the Machine Vision model, OPC 40100-1, as a simple inline vision system."""
