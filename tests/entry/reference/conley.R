# Reference values for tests/entry/test_conley.py: Rscript conley.R (in this folder)
# On a line of points 1 km apart, Conley's errors with Bartlett's kernel and a cut-off of L + 1 km
# are Newey and West's with L lags. R 4.2.2, sandwich 3.0-2. Data: counts.csv, its first columns.
suppressMessages(library(sandwich))
d <- read.csv("counts.csv")
fit <- lm(I(births / base) ~ a + b, data = d)
rows <- lapply(c(1, 4, 19), function(lag) data.frame(
  cutoff_km = lag + 1, term = c("constant", "a", "b"), coefficient = unname(coef(fit)),
  standard_error = sqrt(diag(NeweyWest(fit, lag = lag, prewhite = FALSE, adjust = FALSE)))))
out <- do.call(rbind, rows)
out[, 3:4] <- lapply(out[, 3:4], function(v) sprintf("%.12g", v))
write.csv(out, "conley_reference.csv", row.names = FALSE, quote = FALSE)
