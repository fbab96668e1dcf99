"""The gateway: the offline daemon that answers devices over MQTT."""
