"""LoRA and its relatives: ``registry`` names them, one small module each implements them, ``fold`` makes them plain."""
