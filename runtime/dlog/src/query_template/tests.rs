//! Templates as the compiler writes them, read and run over rows in memory.

use batuta_lang::reader::{ReadOptions, read_one};
use batuta_lang::source::SourceId;
use batuta_runtime::value::form::{FormSpans, from_form};
use dlog_core::Database;
use futures::StreamExt;
use futures::executor::block_on;

use super::*;
use crate::convert::rows::rows;
use crate::query_value::start;

fn value(text: &str) -> Value {
    let form = read_one(SourceId::NONE, text, 0, &ReadOptions::default());
    let (form, _) = form.ok().flatten().expect("the text is one form");
    from_form(&form, &mut FormSpans::new()).expect("the form has a value")
}

fn run(template: &str, params: &str) -> Result<String, Fault> {
    let query = read(&value(template), &value(params))?.query;
    let database = Database::memory();
    let found = block_on(async {
        let mut stream = start(&database, query).await?;
        let mut found = Vec::new();
        while let Some(batch) = stream.next().await {
            found.extend(rows(&batch.map_err(crate::fault::query_fault)?));
        }
        Ok::<_, Fault>(found)
    })?;
    Ok(print::readable(&vector::from_vec(found)))
}

const PEOPLE: &str = "[[{:id 1 :name \"Ann\" :age 31} {:id 2 :name \"Bob\" :age 17} {:id 3 :name \"Cy\" :age nil}] 18]";

#[test]
fn clauses_are_read_in_order() {
    let found = run(
        "[(source (param 0)) (where (> :age (param 1))) (select (as (str/upper-case :name) :n) :age)]",
        PEOPLE,
    );
    assert_eq!(found.expect("it runs"), "[{:n \"ANN\", :age 31}]");
}

#[test]
fn grouping_ordering_and_cases() {
    let found = run(
        "[(source (param 0) :p)
          (group-by (as (cond (>= :p.age 18) \"old\" true \"young\") :k))
          (aggregate (as (count *) :n) (as (sum :age) :s))
          (order-by [[:k :desc nil]])]",
        PEOPLE,
    );
    assert_eq!(
        found.expect("it runs"),
        "[{:k \"young\", :n 2, :s 17} {:k \"old\", :n 1, :s 31}]"
    );
}

#[test]
fn joins_sets_and_literals() {
    let found = run(
        "[(source (param 0) :p) (join (source (param 1) :o) (= :id :o.user))
          (where (contains? #{\"tea\" \"pie\"} :item)) (select :name :item) (limit 5)]",
        "[[{:id 1 :name \"Ann\"}] [{:user 1 :item \"tea\"} {:user 1 :item \"egg\"}]]",
    );
    assert_eq!(found.expect("it runs"), "[{:name \"Ann\", :item \"tea\"}]");
    let found = run(
        "[(source (param 0)) (select (as (case :a (lit (1 2)) \"low\" (lit 3) \"mid\" \"high\") :k))]",
        "[[{:a 2} {:a 3} {:a 9}]]",
    );
    assert_eq!(
        found.expect("it runs"),
        "[{:k \"low\"} {:k \"mid\"} {:k \"high\"}]"
    );
}

#[test]
fn keywords_and_nested_values_come_back() {
    let found = run(
        "[(source (param 0)) (where (= :kind (lit :b))) (select :kind :tags :at.x)]",
        "[[{:kind :a :tags [] :at {:x 1}} {:kind :b :tags [\"q\"] :at {:x 2.5}}]]",
    );
    assert_eq!(
        found.expect("it runs"),
        "[{:kind :b, :tags [\"q\"], :x 2.5}]"
    );
}

#[test]
fn faults_say_what_to_do() {
    let unknown =
        run("[(source (param 0)) (where (= :nmae \"x\"))]", PEOPLE).expect_err("no such column");
    assert_eq!(unknown.message, "no column :nmae");
    assert_eq!(unknown.hint.as_deref(), Some("did you mean :name?"));
    let no_log = run("[(source (param 0))]", "[:people]").expect_err("no such log");
    assert_eq!(no_log.message, "no log :people");
    let clause = run("[(source (param 0)) (json-path (param 1))]", PEOPLE).expect_err("no clause");
    assert!(clause.hint.is_some());
    let source = run("[(source (param 0))]", "[12]").expect_err("no source");
    assert!(
        source.message.contains("`from` wants"),
        "{}",
        source.message
    );
}

#[test]
fn an_ending_runs_at_once() {
    let reading = read(&value("[(source (param 0)) (count)]"), &value(PEOPLE)).expect("it reads");
    assert_eq!(reading.ending, Ending::Count);
    assert!(
        read(
            &value("[(source (param 0)) (count) (limit 1)]"),
            &value(PEOPLE)
        )
        .is_err()
    );
}

#[test]
fn a_function_takes_over_where_it_stands() {
    let template = value("[(source (param 0)) (limit 2) (map (param 1)) (count)]");
    let reading = read(&template, &value(PEOPLE)).expect("it reads");
    let step = reading.step.expect("there is a function");
    assert_eq!(
        (reading.query.clauses.len(), step.applied_by),
        (1, Some("map"))
    );
    assert_eq!(only_ending(&step.following), Some(Ending::Count));
}
