"""What `edgegen demo` shows: a broker, a node and a device on one machine."""
