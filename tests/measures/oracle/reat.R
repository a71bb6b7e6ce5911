# Location quotients, Gini, Ellison-Glaeser, Krugman and Herfindahl by R REAT 3.0.3 (R 4.2.2) on
# the invented plants of dbmss_plants.csv, areas = rounded latitude: makes reat.csv.
library(REAT)
plants <- read.csv("dbmss_plants.csv")
plants$area <- round(plants$latitude)
areas <- sort(unique(plants$area))
own <- plants[plants$industry == "A", ]
own <- own[order(own$area), ] # REAT takes areas in order of appearance
all_by_area <- sapply(areas, function(a) sum(plants$employment[plants$area == a]))
own_by_area <- sapply(areas, function(a) sum(own$employment[own$area == a]))
out <- data.frame(name = character(), value = numeric())
put <- function(name, value) out[nrow(out) + 1, ] <<- list(name, as.numeric(value))
eg <- ellison.a(own$employment, all_by_area, own$area, print.results = FALSE)
put("gamma", eg[1]); put("G", eg[2]); put("z", eg[3]); put("H", eg[5])
lq <- mapply(function(e, t) locq(e, t, sum(own_by_area), sum(all_by_area)), own_by_area, all_by_area)
for (k in seq_along(areas)) put(paste0("lq_", areas[k]), lq[k])
put("gini_equal_areas", gini(own_by_area, coefnorm = FALSE))
put("krugman", krugman.spec(
  c(own_by_area[1], all_by_area[1] - own_by_area[1]),
  c(sum(own_by_area), sum(all_by_area) - sum(own_by_area))
))
put("herfindahl", herf(own_by_area))
write.csv(out, "reat.csv", row.names = FALSE)
