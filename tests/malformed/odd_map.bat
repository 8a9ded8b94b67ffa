(def settings {:port 80 :host})
