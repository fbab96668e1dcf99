"""The inference child process: the only part of edgegen that imports llama_cpp."""
