(def settings {:port 80 :host "a" :port 8080})
