"""What uses llama.cpp's library; it runs in a child process only, through ``export.native.call``."""
