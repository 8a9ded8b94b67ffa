//! The names of Clojure's core library.
//!
//! Templates qualify them with `clojure.core`, and a program that defines one is warned. Names of
//! Batuta's own that Clojure does not have are in no list: everything else is ours.

use std::collections::HashSet;
use std::sync::LazyLock;

const NAMES: &str = "* *' *1 *2 *3 *agent* *clojure-version* *command-line-args* *e *err* *file* \
     *flush-on-newline* *in* *ns* *out* *print-length* *print-level* *print-meta* \
     *print-readably* *read-eval* + +' - -' -> ->> / < <= = == > >= aclone add-watch agent aget \
     alength alias all-ns alter alter-meta! alter-var-root ancestors and any? apply array-map \
     as-> aset aset-double aset-long assert assoc assoc! assoc-in associative? atom await \
     bigdec bigint binding bit-and bit-and-not bit-clear bit-flip bit-not bit-or bit-set \
     bit-shift-left bit-shift-right bit-test bit-xor boolean boolean? booleans bound-fn \
     bound-fn* bound? bounded-count butlast byte byte-array bytes bytes? case cast cat char \
     char? chars class class? coll? comment commute comp comparator compare compare-and-set! \
     complement completing concat cond cond-> cond->> condp conj conj! cons constantly \
     contains? count counted? cycle dec dec' decimal? declare dedupe defmacro defmethod \
     defmulti defn defn- defonce defprotocol defrecord defstruct deftype delay delay? deliver \
     denominator deref derive descendants destructure disj disj! dissoc dissoc! distinct \
     distinct? doall dorun doseq dosync dotimes doto double double-array double? doubles drop \
     drop-last drop-while eduction empty empty? ensure ensure-reduced error-handler eval even? \
     every-pred every? ex-cause ex-data ex-info ex-message extend extend-protocol extend-type \
     extenders extends? false? ffirst file-seq filter filterv find find-keyword find-ns \
     find-var first flatten float float-array float? floats flush fn fn? fnext fnil for force \
     format frequencies future future-call future-cancel future-cancelled? future-done? future? \
     gen-class gensym get get-in get-method get-thread-bindings get-validator group-by \
     halt-when hash hash-map hash-ordered-coll hash-set hash-unordered-coll ident? identical? \
     identity if-let if-not if-some ifn? import in-ns inc inc' indexed? infinite? inst-ms inst? \
     instance? int int-array int? integer? interleave intern interpose into into-array isa? \
     iterate iteration juxt keep keep-indexed key keys keyword keyword? last lazy-cat lazy-seq \
     let letfn line-seq list list* list? load load-file load-reader load-string locking long \
     long-array longs loop macroexpand macroexpand-1 make-array make-hierarchy map map-entry? \
     map-indexed map? mapcat mapv max max-key memoize merge merge-with meta methods min min-key \
     mix-collection-hash mod name namespace namespace-munge nat-int? neg-int? neg? new-line \
     newline next nfirst nil? nnext not not-any? not-empty not-every? not= ns ns-aliases \
     ns-imports ns-interns ns-map ns-name ns-publics ns-refers ns-resolve ns-unalias ns-unmap \
     nth nthnext nthrest num number? numerator object-array odd? or parents parse-boolean \
     parse-double parse-long parse-uuid partial partition partition-all partition-by partitionv \
     partitionv-all pcalls peek persistent! pmap pop pop! pop-thread-bindings pos-int? pos? pr \
     pr-str prefer-method prefers print print-ctor print-dup print-method print-simple \
     print-str printf println println-str prn prn-str promise proxy push-thread-bindings \
     pvalues qualified-ident? qualified-keyword? qualified-symbol? quot rand rand-int rand-nth \
     random-sample random-uuid range ratio? rational? rationalize re-find re-groups re-matcher \
     re-matches re-pattern re-seq read read-line read-string realized? record? reduce reduce-kv \
     reduced reduced? reductions ref refer refer-clojure reify rem remove remove-all-methods \
     remove-method remove-ns remove-watch repeat repeatedly replace replicate require reset! \
     reset-meta! reset-vals! resolve rest restart-agent reverse reversible? rseq rsubseq run! \
     satisfies? second select-keys send send-off seq seq-to-map-for-destructuring seq? seqable? \
     seque sequence sequential? set set-validator! set? short shuffle shutdown-agents \
     simple-ident? simple-keyword? simple-symbol? slurp some some-> some->> some-fn some? sort \
     sort-by sorted-map sorted-map-by sorted-set sorted-set-by sorted? special-symbol? spit \
     split-at split-with splitv-at str string? struct subs subseq subvec supers swap! \
     swap-vals! symbol symbol? sync tagged-literal take take-last take-nth take-while tap> test \
     the-ns thread-bound? time to-array to-array-2d trampoline transduce transient tree-seq \
     true? type unchecked-add unchecked-dec unchecked-inc unchecked-multiply unchecked-negate \
     unchecked-subtract underive unreduced unsigned-bit-shift-right update update-in \
     update-keys update-vals uri? use uuid? val vals var-get var-set var? vary-meta vec vector \
     vector-of vector? volatile! volatile? vreset! vswap! when when-first when-let when-not \
     when-some while with-bindings with-in-str with-local-vars with-meta with-open with-out-str \
     with-precision with-redefs xml-seq zero? zipmap";

/// Is this a name of Clojure's core library?
pub fn is_clojure_name(name: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> =
        LazyLock::new(|| NAMES.split_ascii_whitespace().collect());
    ALL.contains(name)
}

#[cfg(test)]
mod tests {
    use super::is_clojure_name;

    #[test]
    fn knows_clojures_names_from_ours() {
        for name in ["map", "->>", "defn", "zipmap", "*"] {
            assert!(is_clojure_name(name), "{name}");
        }
        for name in ["sum", "spawn", "match", ""] {
            assert!(!is_clojure_name(name), "{name}");
        }
    }
}
