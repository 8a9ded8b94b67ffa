//! The main job: real data is loaded once, and the questions get the known answers.

use std::fs;

use crate::process::{Ended, batuta, root};

fn run(data: &str) -> Ended {
    batuta(&["run", "--data", data, "examples/flights.bat"])
}

#[test]
fn the_flights_are_loaded_once_and_give_the_known_answers() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let data = directory.path().join("flights-db");
    let data = data.to_str().expect("temporary paths are UTF-8");
    let expected = fs::read_to_string(root().join("examples/expected/flights.txt"))
        .expect("the expected output is there");

    let first = run(data).output();
    assert_eq!(first, expected);
    for figure in [
        "336776",
        "328521",
        "ORD 17283",
        "ATL 17215",
        "LAX 16174",
        "BOS 15508",
        "MCO 14082",
        "20.22 Frontier",
        "19.96 ExpressJet",
        "52606",
        "EWR 0.0822",
        "JFK 0.0904",
        "LGA 0.1032",
    ] {
        assert!(first.contains(figure), "{figure} is missing in\n{first}");
    }

    let second = run(data).output();
    let answers: String = expected
        .lines()
        .filter(|line| !line.starts_with("loaded"))
        .fold(String::new(), |all, line| all + line + "\n");
    assert_eq!(
        second, answers,
        "the second run finds the logs filled and loads nothing"
    );
}
