;; HTTP: client and server. A response of any status is a value; a fault of kind :io is for requests
;; that got none.
(ns http)

(defn- with-query
  [url params]
  (if (empty? params)
    url
    (str url (if (str/includes? url "?") "&" "?") (query-string params))))

(defn- with-header
  [options name value]
  (assoc options :headers (merge {name value} (:headers options))))

(defn- with-json
  [options]
  (if (contains? options :json)
    (assoc (with-header options "content-type" "application/json")
           :body (json/write-str (:json options) :escape-slash false))
    options))

(defn- with-form
  [options]
  (if (contains? options :form-params)
    (assoc (with-header options "content-type" "application/x-www-form-urlencoded")
           :body (query-string (:form-params options)))
    options))

(defn- read-response
  [options response]
  (if (= :json (:as options))
    (assoc response :body (json/read-str (:body response) :key-fn keyword))
    response))

(defn request
  "Sends a request and gives the response, a map of :status, :headers, :body and :url. Options:
  :method :url :headers :query-params :body, :json for a value to send as JSON, :form-params, :as
  :json or :bytes for the response's body, :timeout in milliseconds (30 s), :max-redirects (10)."
  [options]
  (let [prepared (with-form (with-json options))
        url (with-query (:url options) (:query-params options))]
    (read-response options (request* (assoc prepared :url url)))))

(defn get
  "The response to a GET; options as for request."
  ([url] (request {:method :get :url url}))
  ([url options] (request (assoc options :method :get :url url))))

(defn head
  "The response to a HEAD; options as for request."
  ([url] (request {:method :head :url url}))
  ([url options] (request (assoc options :method :head :url url))))

(defn post
  "The response to a POST; options as for request."
  ([url] (request {:method :post :url url}))
  ([url options] (request (assoc options :method :post :url url))))

(defn put
  "The response to a PUT; options as for request."
  ([url] (request {:method :put :url url}))
  ([url options] (request (assoc options :method :put :url url))))

(defn patch
  "The response to a PATCH; options as for request."
  ([url] (request {:method :patch :url url}))
  ([url options] (request (assoc options :method :patch :url url))))

(defn delete
  "The response to a DELETE; options as for request."
  ([url] (request {:method :delete :url url}))
  ([url options] (request (assoc options :method :delete :url url))))

(defn get-json
  "The value of the JSON at an address, with keywords for keys; options as for request."
  ([url] (get-json url {}))
  ([url options] (:body (get url (assoc options :as :json)))))

(defn response
  "A response with a body and perhaps a status, 200 unless told."
  ([body] (response body 200))
  ([body status] {:status status :headers {"content-type" "text/plain; charset=utf-8"} :body body}))

(defn json-response
  "A response whose body is a value as JSON, and perhaps a status, 200 unless told."
  ([value] (json-response value 200))
  ([value status]
   {:status status
    :headers {"content-type" "application/json"}
    :body (json/write-str value :escape-slash false)}))

(defn redirect
  "A response that sends the client elsewhere."
  [url]
  {:status 302 :headers {"location" url} :body ""})

(defn serve
  "Starts a server. Each request, a map in Ring's manner, is handled in an actor of its own; handler
  gives a response map, a text, or nil for 404. Options: :port (0, the default, takes a free one;
  `(:port server)` tells) and :host. The program runs until the server is stopped."
  ([handler] (serve handler {}))
  ([handler options]
   (assert (ifn? handler) "http/serve wants a function of a request")
   (serve* (fn [request] (response* (handler request))) options)))
