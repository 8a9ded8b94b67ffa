;; All 336,776 departures from New York in 2013: loaded into logs once, then asked.
;; Run it twice with the same `--data` directory: the second run finds the logs filled.

(def files
  {:flights "flights.parquet"
   :airlines "airlines.csv"
   :airports "airports.csv"
   :planes "planes.csv"
   :weather "weather.csv"})

(defn load-once
  "Copies the file into the log, unless the log has rows already."
  [log path]
  (create-log log {})
  (when (zero? (from log (count)))
    (copy-into log path)
    (println "loaded" log)))

(defn busiest [n]
  (from :flights
    (group-by :dest {:n (count *)})
    (join :airports (= :dest :airports.faa))
    (order-by :n :desc)
    (limit n)))

(defn delay-by-airline []
  (from :flights
    (join :airlines :carrier)
    (group-by :name {:delay (avg :dep_delay)})
    (order-by :delay :desc)))

(defn rain-and-delay
  "How closely rain and departure delay go together at one airport."
  [airport]
  (:r (from :flights
        (join :weather (and (= :flights.origin :weather.origin)
                            (= :flights.time_hour :weather.time_hour)))
        (where (= :flights.origin airport))
        (aggregate {:r (corr :precip :dep_delay)})
        (first))))

;; Answers questions about the weather, one after the other.
(defactor weather-desk []
  (receive
    [:rain-and-delay airport] -> (reply (rain-and-delay airport)) (recur)))

(defn ask-the-desk
  "One actor for each airport calls the desk; the answers are printed in the order of airports."
  [airports]
  (let [desk (spawn weather-desk)
        reader (self)]
    (doseq [airport airports]
      (spawn
        (fn []
          (send reader [:answer airport (call desk [:rain-and-delay airport] 60000)]))))
    (doseq [airport airports]
      (receive
        [:answer ~airport r] -> (println " " airport (format "%.4f" r))))))

(defn main
  ([] (main "examples/data/flights"))
  ([dir]
   (doseq [[log file] files]
     (load-once log (str dir "/" file)))
   (println "flights:" (from :flights (count)))
   (println "with a departure delay:" (from :flights (where (not= :dep_delay nil)) (count)))
   (println "busiest destinations:")
   (doseq [{:keys [dest name n]} (busiest 5)]
     (println " " dest n name))
   (println "mean departure delay in minutes, worst first:")
   (doseq [{:keys [name delay]} (take 3 (delay-by-airline))]
     (println " " (format "%.2f" delay) name))
   (println "flights of unknown planes:" (from :flights (anti-join :planes :tailnum) (count)))
   (println "correlation of rain and departure delay:")
   (ask-the-desk ["EWR" "JFK" "LGA"])))
