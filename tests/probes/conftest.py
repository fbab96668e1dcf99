"""Property tests here run on machines that are busy with models: an example's time says nothing."""

from hypothesis import settings

settings.register_profile("probes", deadline=None)
settings.load_profile("probes")
