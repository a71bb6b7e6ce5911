# K-density and M by R dbmss 2.9-0 (R 4.2.2) on great-circle distances: makes dbmss_*.csv.
# Run in this folder: Rscript dbmss.R
library(dbmss)
plants <- read.csv("dbmss_plants.csv")
radians <- plants[, c("latitude", "longitude")] * pi / 180
half <- function(x) outer(x, x, function(a, b) sin((a - b) / 2)^2)
chord <- half(radians$latitude) +
  outer(cos(radians$latitude), cos(radians$latitude)) * half(radians$longitude)
distance <- 2 * 6371.0088 * asin(sqrt(chord))
table <- Dtable(distance, PointType = factor(plants$industry), PointWeight = plants$employment)
r <- seq(0, 200, 5)
kd <- data.frame(r = r)
for (weighted in c(FALSE, TRUE)) {
  fit <- Kdhat(table, r = r, ReferenceType = "A", Weighted = weighted)
  kd[[if (weighted) "weighted" else "plain"]] <- fit$Kd
}
own <- distance[plants$industry == "A", plants$industry == "A"]
own <- own[upper.tri(own)]
# dbmss counts every pair twice in a Dtable when it sets the bandwidth
kd$bandwidth <- bw.nrd0(rep(own[own <= 400], 2))
write.csv(kd, "dbmss_kd.csv", row.names = FALSE)
radii <- c(0, 5, 10, 20, 40, 80, 160)
ones <- Dtable(distance, PointType = factor(plants$industry))
m <- data.frame(
  r = radii,
  plain = Mhat(ones, r = radii, ReferenceType = "A")$M,
  weighted = Mhat(table, r = radii, ReferenceType = "A")$M
)
write.csv(m, "dbmss_m.csv", row.names = FALSE)
