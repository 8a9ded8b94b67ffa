;; Zippers: a place in a tree, and the tree around it as it will be with the changes made so far.
;; A place is the vector [node path] with the tree's functions as metadata; a path holds :left
;; (vector) and :right (list) siblings, :parents (nodes, outermost first), :up (the path above)
;; and :changed. The path of the root is nil, behind the last node :end.
(ns zip)

(defn zipper
  "A place at the root of a tree: branch? says whether a node may have children, children gives a
  sequence of them, make-node makes one like it with other children."
  [branch? children make-node root]
  (with-meta [root nil]
             {:zip/branch? branch? :zip/children children :zip/make-node make-node}))

(defn seq-zip
  "A zipper over nested sequences."
  [root]
  (zipper seq? identity (fn [node children] (with-meta (apply list children) (meta node))) root))

(defn vector-zip
  "A zipper over nested vectors."
  [root]
  (zipper vector? seq (fn [node children] (with-meta (vec children) (meta node))) root))

(defn xml-zip
  "A zipper over XML trees of maps with :content."
  [root]
  (zipper (complement string?)
          (fn [node] (seq (:content node)))
          (fn [node children] (assoc node :content (when (seq children) (vec children))))
          root))

(defn- place
  "Another node and path in the tree of loc."
  [loc node path]
  (with-meta [node path] (meta loc)))

(defn node
  "The node at loc."
  [loc]
  (nth loc 0))

(defn- path-of
  [loc]
  (nth loc 1))

(defn branch?
  "May the node at loc have children?"
  [loc]
  ((:zip/branch? (meta loc)) (node loc)))

(defn children
  "The children of the node at loc, which must be a branch."
  [loc]
  (if (branch? loc)
    ((:zip/children (meta loc)) (node loc))
    (throw (ex-info "`children` called on a leaf" {:node (node loc)}))))

(defn make-node
  "A node like the given one with these children, for the tree of loc."
  [loc node children]
  ((:zip/make-node (meta loc)) node children))

(defn path
  "The nodes above loc, outermost first; nil at the root."
  [loc]
  (:parents (path-of loc)))

(defn lefts
  "The siblings left of loc."
  [loc]
  (seq (:left (path-of loc))))

(defn rights
  "The siblings right of loc."
  [loc]
  (:right (path-of loc)))

(defn down
  "The leftmost child, nil if there is none."
  [loc]
  (when (branch? loc)
    (let [items (seq (children loc))
          above (path-of loc)]
      (when items
        (place loc
               (first items)
               {:left []
                :parents (if above (conj (:parents above) (node loc)) [(node loc)])
                :up above
                :right (batuta.core/next items)})))))

(defn up
  "The parent, with the changes below it made; nil at the root."
  [loc]
  (let [{:keys [left right parents up changed] :as path} (path-of loc)]
    (when parents
      (let [parent (peek parents)]
        (if changed
          (place loc
                 (make-node loc parent (concat left (cons (node loc) right)))
                 (and up (assoc up :changed true)))
          (place loc parent up))))))

(defn root
  "The root node, with all changes made."
  [loc]
  (if (= :end (path-of loc))
    (node loc)
    (let [parent (up loc)]
      (if parent (recur parent) (node loc)))))

(defn right
  "The right sibling, nil if there is none."
  [loc]
  (let [{:keys [left right] :as path} (path-of loc)]
    (when (and path (seq right))
      (place loc
             (first right)
             (assoc path :left (conj left (node loc)) :right (batuta.core/next right))))))

(defn rightmost
  "The rightmost sibling, or loc itself."
  [loc]
  (let [{:keys [left right] :as path} (path-of loc)]
    (if (and path (seq right))
      (place loc
             (last right)
             (assoc path :left (into (conj left (node loc)) (butlast right)) :right nil))
      loc)))

(defn left
  "The left sibling, nil if there is none."
  [loc]
  (let [{:keys [left right] :as path} (path-of loc)]
    (when (and path (seq left))
      (place loc (peek left) (assoc path :left (pop left) :right (cons (node loc) right))))))

(defn leftmost
  "The leftmost sibling, or loc itself."
  [loc]
  (let [{:keys [left right] :as path} (path-of loc)]
    (if (and path (seq left))
      (place loc
             (first left)
             (assoc path :left [] :right (concat (rest left) (cons (node loc) right))))
      loc)))

(defn- changed
  [path]
  (and path (assoc path :changed true)))

(defn- inner-path
  "The path of loc, which must not be the root."
  [who loc]
  (or (path-of loc)
      (throw (ex-info (str "`" who "` cannot be done at the root") {:node (node loc)}))))

(defn insert-left
  "loc with item as its left sibling."
  [loc item]
  (let [path (inner-path "insert-left" loc)]
    (place loc (node loc) (changed (update path :left conj item)))))

(defn insert-right
  "loc with item as its right sibling."
  [loc item]
  (let [path (inner-path "insert-right" loc)]
    (place loc (node loc) (changed (assoc path :right (cons item (:right path)))))))

(defn replace
  "loc with another node."
  [loc node]
  (place loc node (changed (path-of loc))))

(defn edit
  "loc with f of its node and the arguments for its node."
  [loc f & args]
  (replace loc (apply f (node loc) args)))

(defn insert-child
  "loc with item as leftmost child of its node."
  [loc item]
  (replace loc (make-node loc (node loc) (cons item (children loc)))))

(defn append-child
  "loc with item as rightmost child of its node."
  [loc item]
  (replace loc (make-node loc (node loc) (concat (children loc) [item]))))

(defn- right-of-parents
  "The next place to the right on the way up, or the end."
  [loc]
  (let [parent (up loc)]
    (if parent
      (or (right parent) (recur parent))
      (place loc (node loc) :end))))

(defn end?
  "Has the walk with next come to its end?"
  [loc]
  (= :end (path-of loc)))

(defn next
  "The next place depth first; behind the last one a place that is end?."
  [loc]
  (if (end? loc)
    loc
    (or (and (branch? loc) (down loc))
        (right loc)
        (right-of-parents loc))))

(defn- deepest
  "The last place in the tree below loc."
  [loc]
  (let [child (and (branch? loc) (down loc))]
    (if child
      (recur (rightmost child))
      loc)))

(defn prev
  "The place before loc depth first, nil at the root."
  [loc]
  (let [before (left loc)]
    (if before
      (deepest before)
      (up loc))))

(defn remove
  "The tree without the node at loc: the place before it depth first."
  [loc]
  (let [{:keys [left right parents up] :as path} (inner-path "remove" loc)]
    (if (seq left)
      (deepest (place loc (peek left) (changed (assoc path :left (pop left)))))
      (place loc (make-node loc (peek parents) right) (changed up)))))
