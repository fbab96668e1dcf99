"""`edgegen doctor`: what keeps this gateway from answering, each finding with its remedy."""
