"""Where two rooms must meet: a theory calibrated on observed areas."""
