"""Local copies of published data sets, brought into the form that recipes train on."""
