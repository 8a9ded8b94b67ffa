;; Names and characters as other texts spell them.
(ns batuta.core)

(defn munge
  "The name, a string or symbol, with characters that other languages refuse spelt out."
  [name]
  (let [spelt (str/escape
                (str name)
                {\- "_" \: "_COLON_" \+ "_PLUS_" \> "_GT_" \< "_LT_" \= "_EQ_" \~ "_TILDE_"
                 \! "_BANG_" \@ "_CIRCA_" \# "_SHARP_" \' "_SINGLEQUOTE_" \" "_DOUBLEQUOTE_"
                 \% "_PERCENT_" \^ "_CARET_" \& "_AMPERSAND_" \* "_STAR_" \| "_BAR_"
                 \{ "_LBRACE_" \} "_RBRACE_" \[ "_LBRACK_" \] "_RBRACK_" \/ "_SLASH_"
                 \\ "_BSLASH_" \? "_QMARK_"})]
    (if (symbol? name) (symbol spelt) spelt)))

(defn namespace-munge
  "The name of a namespace as a file's: with _ for -."
  [namespace]
  (str/replace (str namespace) \- \_))

(defn char-escape-string
  "How a string literal writes the character, nil if it stands for itself."
  [c]
  (get {\newline "\\n" \tab "\\t" \return "\\r" \" "\\\"" \\ "\\\\" \formfeed "\\f"
        \backspace "\\b"}
       c))

(defn char-name-string
  "The name of the character behind a backslash, nil if it has none."
  [c]
  (get {\newline "newline" \tab "tab" \space "space" \backspace "backspace"
        \formfeed "formfeed" \return "return"}
       c))

(defn find-keyword
  "The keyword of this name. A keyword need not be made before it is found."
  ([name] (keyword name))
  ([namespace name] (keyword namespace name)))
