"""What the end-to-end tests stand on: certificates, origins, clients and the gateway's process."""
