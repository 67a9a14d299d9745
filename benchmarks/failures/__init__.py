"""The known failures of constrained diffusion, each an experiment; `docs/design/012` reads them."""
