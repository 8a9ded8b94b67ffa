;; Regular expressions under one roof: the functions of core and str, and a few of their own.
(ns re)

(defn pattern
  "The regular expression of a text; the same function as re-pattern."
  [s]
  (re-pattern s))

(defn find
  "The first match, or nil; the same function as re-find."
  [re s]
  (re-find re s))

(defn find-all
  "The lazy sequence of all matches, or nil; the same function as re-seq."
  [re s]
  (re-seq re s))

(defn matches
  "The match of the whole text, or nil; the same function as re-matches."
  [re s]
  (re-matches re s))

(defn matches?
  "Does the expression match the whole text?"
  [re s]
  (some? (re-matches re s)))

(defn replace
  "The text with each match replaced: by a text, in which $1 is a group, or by what a function gives
  for the match."
  [s re replacement]
  (str/replace s re replacement))

(defn replace-first
  "The text with the first match replaced; see replace."
  [s re replacement]
  (str/replace-first s re replacement))

(defn split
  "The parts of a text between the matches, at most limit of them; the same function as str/split."
  ([s re] (str/split s re))
  ([s re limit] (str/split s re limit)))
