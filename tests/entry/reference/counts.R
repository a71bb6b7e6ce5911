# Reference values for tests/entry/test_counts.py: Rscript counts.R (in this folder)
# Data: counts.csv, made up: overdispersed counts with too many zeros. Output: counts_reference.csv.
# R 4.2.2, MASS 7.3-58, pscl 1.5.5, sandwich 3.0-2.
suppressMessages({library(MASS); library(pscl); library(sandwich)})
d <- read.csv("counts.csv")
rows <- list()
add <- function(family, errors, fit_b, vcov, alpha, ll) {
  rows[[length(rows) + 1]] <<- data.frame(
    family = family, errors = errors, term = names(fit_b), coefficient = unname(fit_b),
    standard_error = sqrt(diag(vcov)), alpha = alpha, log_likelihood = ll)
}
f <- births ~ a + b + offset(log(base))
p <- glm(f, family = poisson, data = d, control = list(epsilon = 1e-14, maxit = 100))
add("poisson", "classical", coef(p), vcov(p), 0, as.numeric(logLik(p)))
add("poisson", "HC0", coef(p), vcovHC(p, type = "HC0"), 0, as.numeric(logLik(p)))
add("poisson", "HC1", coef(p), vcovHC(p, type = "HC1"), 0, as.numeric(logLik(p)))
add("poisson", "cluster", coef(p),
    vcovCL(p, cluster = d$prefecture, type = "HC0", cadjust = TRUE), 0, as.numeric(logLik(p)))
nb <- glm.nb(f, data = d, control = glm.control(epsilon = 1e-14, maxit = 200))
# MASS's own errors take theta as known; coefficients and theta are the maximum of the same likelihood
add("negative_binomial", "theta known", coef(nb), vcov(nb), 1 / nb$theta, as.numeric(logLik(nb)))
z <- zeroinfl(births ~ a + b + offset(log(base)) | 1, data = d, dist = "poisson",
              control = zeroinfl.control(reltol = 1e-15, maxit = 10000))
cz <- coef(z)[1:3]; names(cz) <- sub("count_", "", names(cz))
add("zero_inflated", "classical", cz, vcov(z)[1:3, 1:3], 0, as.numeric(logLik(z)))
out <- do.call(rbind, rows)
out$term[out$term == "(Intercept)"] <- "constant"
out[, 4:7] <- lapply(out[, 4:7], function(v) sprintf("%.12g", v))
write.csv(out, "counts_reference.csv", row.names = FALSE, quote = FALSE)
